"""YAML as people write it: loaded strictly, with line and column for every complaint."""

from __future__ import annotations

import functools
import re
from typing import Any

from atlas.core.errors import AtlasError

from .packages import activate_packages

_NOT_IN_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Document:
    """A YAML text and its value. `line_offset` is how many lines of the file stand before the text."""

    def __init__(self, name: str, text: str, line_offset: int = 0) -> None:
        """Parse. Raises AtlasError with line and column at bad syntax, a key given twice, or an alias."""
        activate_packages()
        import yaml

        self._name, self._offset = name, line_offset
        bad = _NOT_IN_YAML.search(text)
        if bad:
            before = text[: bad.start()].split("\n")
            raise self._at(len(before), len(before[-1]) + 1, f"the character U+{ord(bad[0]):04X} is not allowed")
        try:
            self._node = yaml.compose(text, Loader=_yaml_loader())
            if self._node is not None:
                self._check(self._node, set())
            self.value: Any = yaml.load(text, Loader=_yaml_loader())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._error(mark, str(error.problem or error.context or "bad YAML")) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise AtlasError(f"{name}: not valid YAML: {str(error)[:160]} (left as it is)") from error

    def complain(self, path: list[str | int], reason: str) -> AtlasError:
        """An error that gives the line and column of the value at `path`, or of the nearest part that exists."""
        node = self._node
        for part in path:
            node = _child_node(node, part) or node
        where = ".".join(str(part) for part in path)
        return self._error(node.start_mark if node is not None else None, f"{where}: {reason}" if where else reason)

    def _error(self, mark: Any, reason: str) -> AtlasError:
        if mark is None:
            return self._at(1, 1, reason)
        return self._at(mark.line + 1, mark.column + 1, reason)

    def _at(self, line: int, column: int, reason: str) -> AtlasError:
        return AtlasError(f"{self._name}, line {line + self._offset}, column {column}: {reason} (left as it is)")

    def _check(self, node: Any, seen: set[int]) -> None:
        """YAML lets a key be given twice, keeping the last, and lets a value contain itself: both lose data here."""
        if id(node) in seen:
            raise self._error(node.start_mark, "aliases (*name) are not supported")
        seen.add(id(node))
        if node.id == "mapping":
            keys: set[str] = set()
            for key, value in node.value:
                if key.id != "scalar":
                    raise self._error(key.start_mark, "a list or mapping cannot be a key")
                if key.value in keys:
                    raise self._error(key.start_mark, f"{key.value[:60]!r} is given twice")
                keys.add(key.value)
                self._check(value, seen)
        elif node.id == "sequence":
            for value in node.value:
                self._check(value, seen)


def dump_yaml(value: Any) -> str:
    """Block-style YAML in the order of the value, readable and free of line folding."""
    activate_packages()
    import yaml

    text: str = yaml.dump(value, Dumper=_yaml_dumper(), sort_keys=False, allow_unicode=True, width=2**31 - 1)
    return text


def _child_node(node: Any, part: str | int) -> Any:
    if node is None:
        return None
    if node.id == "mapping":
        return next((value for key, value in node.value if key.value == part), None)
    if node.id == "sequence" and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return None


@functools.cache
def _yaml_dumper() -> Any:
    """A safe dumper that writes a value out wherever it stands, instead of an alias to where it stood first."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return Dumper


@functools.cache
def _yaml_loader() -> Any:
    """A safe loader that leaves times as text, since records hold them so."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except ValueError as error:
                raise yaml.MarkedYAMLError(problem=str(error), problem_mark=node.start_mark) from error

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    return Loader
