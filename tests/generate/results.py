"""The schemas of what verbs answer with `--json`, made from the types that `run` of each verb declares."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import pkgutil
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from atlas.cli.main import parser_of_verb
from atlas.core import results
from atlas.core.results import VERSION
from atlas.core.verbs import VERBS

Schema = dict[str, Any]
FOLDER = "schemas/results"
_WIDTH = 120
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def generated() -> dict[str, str]:
    """The text of each verb's schema by its path."""
    return {f"{FOLDER}/{verb}.schema.json": written(schema_of(verb)) + "\n" for verb in VERBS}


def result_type(verb: str) -> Any:
    """The type of what a verb answers: a TypedDict, or a union of them for a verb with several forms."""
    run = parser_of_verb(verb).get_default("run")
    (found,) = get_args(get_type_hints(run, localns=result_types())["return"])
    return found


@functools.cache
def result_types() -> dict[str, Any]:
    """All types of results by their names: commands import them for type checkers only, since that takes time."""
    found: dict[str, Any] = {}
    for info in pkgutil.iter_modules(results.__path__):
        found.update(vars(importlib.import_module(f"{results.__name__}.{info.name}")))
    return found


def schema_of(verb: str) -> Schema:
    """The schema of what stands under `result` when a verb answers. Its root is an object, whatever the forms."""
    found, definitions = result_type(verb), Definitions()
    head: Schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": verb, "version": VERSION}
    if is_typeddict(found):
        body = definitions.object_schema(found)
    else:
        body = {"type": "object", "anyOf": [definitions.schema(form) for form in get_args(found)]}
    return {**head, **body, **({"$defs": definitions.sorted()} if definitions.found else {})}


class Definitions:
    """Turns types into schemas, and collects those of the TypedDicts that are met on the way."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self._types: dict[str, Any] = {}

    def sorted(self) -> dict[str, Schema]:
        return dict(sorted(self.found.items()))

    def schema(self, hint: Any) -> Schema:
        """The schema of a type. Raises TypeError for one that says nothing, such as Any."""
        if is_typeddict(hint):
            return self._reference(hint)
        if hint in _PLAIN:
            return {"type": _PLAIN[hint]}
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is list:
            return {"type": "array", "items": self.schema(arguments[0])}
        if origin is dict and arguments[0] is str:
            return {"type": "object", "additionalProperties": self.schema(arguments[1])}
        if origin in (Union, types.UnionType):
            return self._union([self.schema(each) for each in arguments])
        raise TypeError(f"{hint!r} has no schema: say more exactly what it is")

    def object_schema(self, hint: Any) -> Schema:
        """The schema of a TypedDict, written out, with what its docstring says."""
        hints = get_type_hints(hint)
        text = {"description": _unwrapped(hint.__doc__)} if hint.__doc__ else {}
        return {
            **text,
            "type": "object",
            "additionalProperties": False,
            "required": [name for name in hints if name in hint.__required_keys__],
            "properties": {name: self.schema(kind) for name, kind in hints.items()},
        }

    def _reference(self, hint: Any) -> Schema:
        name = hint.__name__
        if self._types.setdefault(name, hint) is not hint:
            raise TypeError(f"two types are called {name}: rename one")
        if name not in self.found:
            self.found[name] = {}
            self.found[name] = self.object_schema(hint)
        return {"$ref": f"#/$defs/{name}"}

    @staticmethod
    def _union(members: list[Schema]) -> Schema:
        """One schema that admits them all; plain types are named together, and null may stand among the constants."""
        if all(member.keys() == {"type"} for member in members):
            return {"type": [member["type"] for member in members]}
        if all("enum" in member or member == {"type": "null"} for member in members):
            return {"enum": [value for member in members for value in member.get("enum", [None])]}
        return {"anyOf": members}


def _unwrapped(text: str) -> str:
    """A docstring without its line breaks, but for those between paragraphs."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


def written(value: Any, indent: int = 0, used: int = 0) -> str:
    """JSON in which all that fits into a line stands in one; `used` characters of the first line are taken already."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + used + len(line) < _WIDTH or not value or not isinstance(value, dict | list):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        named = ((json.dumps(name) + ": ", each) for name, each in value.items())
        parts = [f"{name}{written(each, indent + 2, len(name))}" for name, each in named]
    else:
        parts = [written(each, indent + 2) for each in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    return f"{start}\n{inner}" + f",\n{inner}".join(parts) + f"\n{' ' * indent}{end}"
