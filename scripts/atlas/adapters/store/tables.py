"""One JSON file of records, one record a line, so that a change splices lines instead of rewriting values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from atlas.core.errors import NewerStateError, StateError
from atlas.core.records.kinds import KINDS, STATE_VERSION
from atlas.core.records.protocol import Wanted

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""Characters that JSON may hold as they are, and YAML (or, for the surrogates, UTF-8) may not."""
_ONE_WAY = "\uffff"
"""Characters up to this one are always stored in the same way; one beyond may also be there as two halves."""


def encode_record(record: Any) -> str:
    """A record as one line of JSON, which is YAML too. Equal records give equal text, also after a round trip."""
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", _encode(record))


class Rows:
    """The records of one kind by key, in the order of their creation, parsed only when asked for."""

    __slots__ = ("lines",)

    def __init__(self, lines: dict[str, str] | None = None) -> None:
        self.lines: dict[str, str] = lines if lines is not None else {}

    def get(self, key: str) -> Any | None:
        """A fresh copy of the record, or None."""
        line = self.lines.get(key)
        return None if line is None else json.loads(line)

    def all(self) -> list[Any]:
        """Fresh copies of all records."""
        return _parse(self.lines.values())

    def where(self, wanted: Mapping[str, Wanted]) -> list[Any]:
        """Fresh copies of the records that have these fields themselves; hardly any others are parsed."""
        query = _Query(wanted)
        return [record for record in _parse(query.likely(self.lines.values())) if query.matches(record)]

    def containing(self, wanted: Mapping[str, Wanted]) -> list[Any]:
        """Fresh copies of the records of which one object, themselves or one within them, has all these fields."""
        query = _Query(wanted)
        likely = _parse(query.likely(self.lines.values()))
        return [record for record in likely if any(map(query.matches, _objects(record)))]

    def keys_where(self, wanted: Mapping[str, Wanted]) -> list[str]:
        """The keys of the records that `where` gives; a record is parsed only where its text leaves that open."""
        query = _Query(wanted)
        likely = set(query.likely(self.lines.values()))
        found = {line for line in likely if query.surely_matches(line) or query.matches(json.loads(line))}
        return [key for key, line in self.lines.items() if line in found]


class _Query:
    """Fields with the values that they are to have, and the marks that these leave in a record's text.

    Quotes within a text are escaped, so no text holds a mark; but an object within the record may have the same field.
    """

    __slots__ = ("_marks", "_values")

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        self._values = {name: one if isinstance(one, (tuple, frozenset)) else (one,) for name, one in wanted.items()}
        self._marks = [[_mark(name, value) for value in values] for name, values in self._values.items()]

    def likely(self, lines: Iterable[str]) -> Iterable[str]:
        """Those of the texts whose records can have the fields, themselves or in an object within them."""
        for marks in self._marks:
            lines = _with_any(marks, lines)
        return lines

    def surely_matches(self, line: str) -> bool:
        """Whether the text alone shows that the record itself has the fields: they come before any other object."""
        return all(any(_is_on_top(mark, line) for mark in marks) for marks in self._marks)

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether an object has the fields. Numbers are never wanted, although to Python 1 is True."""
        for name, values in self._values.items():
            field = record.get(name, ...)
            if not isinstance(field, (str, bool, type(None))) or field not in values:
                return False
        return True


def _mark(name: str, value: Any) -> str:
    """The text of a field with a value, or of a field with any value when the value can be written in two ways."""
    text = encode_record(value)
    return f"{encode_record(name)}: {text if max(text) <= _ONE_WAY else ''}"


def _with_any(marks: Sequence[str], lines: Iterable[str]) -> list[str]:
    if len(marks) == 1:  # by far the most frequent, and several times as fast
        (mark,) = marks
        return [line for line in lines if mark in line]
    return [line for line in lines if any(mark in line for mark in marks)]


def _is_on_top(mark: str, line: str) -> bool:
    at = line.find(mark)
    return at > 0 and line[at - 1] != "\\" and line.find("{", 1, at) < 0 and not mark.endswith(" ")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, itself among them."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _parse(lines: Iterable[str]) -> list[Any]:
    """The records of these lines, by one call of the parser, which is much faster than one a line."""
    return list(json.loads(f"[{','.join(lines)}]"))


class Table:
    """The sections of one file. `seq` is the number of the transaction that last changed it."""

    __slots__ = ("file", "sections", "seq")

    def __init__(self, file: str) -> None:
        self.file = file
        self.seq = 0
        self.sections: dict[str, Rows] = {kind.section: Rows() for kind in KINDS.values() if kind.file == file}

    def render(self) -> str:
        """The file's text: a header, then each section with one record a line."""
        parts = [f'{{"atlas": {{"version": {STATE_VERSION}, "seq": {self.seq}}}']
        for name, rows in self.sections.items():
            body = ",\n".join(f'"{key}": {line}' for key, line in rows.lines.items())
            parts.append(f'"{name}": {{\n{body}\n}}' if body else f'"{name}": {{\n}}')
        return ",\n".join(parts) + "}\n"

    @classmethod
    def parse(cls, file: str, text: str) -> Table:
        """The table that `render` wrote. Raises StateError when the text has another shape."""
        table = cls(file)
        try:
            header, *rest = text.split(",\n", 1)
            meta = json.loads(header + "}")["atlas"]
            _require_version(file, meta["version"])
            table.seq = int(meta["seq"])
            table._read_sections(rest[0])
        except (ValueError, KeyError, IndexError, TypeError, OverflowError) as error:
            raise StateError(f"{file} is not a table that ATLAS wrote; `atlas doctor --repair` rebuilds it") from error
        return table

    def _read_sections(self, text: str) -> None:
        rows: dict[str, str] = {}
        for line in text.split("\n"):
            if line.endswith("{"):
                rows = self.sections[line[1 : line.index('"', 1)]].lines
            elif line.startswith('"'):
                end = line.index('"', 1)
                rows[line[1:end]] = line[end + 3 :].removesuffix(",")


def _require_version(file: str, version: int) -> None:
    if version > STATE_VERSION:
        raise NewerStateError(file, version, STATE_VERSION)
