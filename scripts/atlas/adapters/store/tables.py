"""One JSON file of records, one record a line, which is searched and spliced as it was read.

A command asks for a few records of thousands. So nothing is done in Python for each line: the bytes are searched for a
record's key, or for the text of the fields that it is to have, and only what is found is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from atlas.core.errors import NewerStateError, StateError
from atlas.core.records.kinds import KINDS, STATE_VERSION
from atlas.core.records.protocol import Wanted

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""Characters that JSON may hold as they are, and YAML (or, for the surrogates, UTF-8) may not."""
_ONE_WAY = "\uffff"
"""Characters up to this one are always stored in the same way; one beyond may also be there as two halves."""
_SECTION = b',\n"%b": {'
_KEY = re.compile(rb'\n"([^"\n]*)": ')
_FEW = 32
"""Keys that are searched for one by one; whoever asks for more gets an index of all."""


def encode_record(record: Any) -> str:
    """A record as one line of JSON, which is YAML too. Equal records give equal text, also after a round trip."""
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", _encode(record))


class Rows:
    """The records of one kind by key, in the order of their creation, parsed only when asked for.

    `text` is what was read: a newline, key, record and comma for each. What was put since is kept beside it.
    """

    __slots__ = ("_added", "_changed", "_is_indexed", "_places", "_text")

    def __init__(self, text: bytes = b"") -> None:
        self._text = text
        self._places: dict[str, int] = {}
        """Where lines begin in the text, by key; -1 for a key that is not there."""
        self._is_indexed = False
        self._changed: dict[str, bytes | None] = {}
        """What stands for a line of the text by now; None when it was removed."""
        self._added: dict[str, bytes] = {}

    def __len__(self) -> int:
        return self._text.count(b"\n") + len(self._added) - sum(line is None for line in self._changed.values())

    def copy(self) -> Rows:
        """The same records, to be changed apart from these."""
        other = Rows(self._text)
        other._changed, other._added = dict(self._changed), dict(self._added)
        return other

    def line(self, key: str) -> str | None:
        """The text of a record, or None."""
        if key in self._added:
            return self._added[key].decode()
        place = self._place(key)
        line = self._changed[key] if key in self._changed else self._line_at(place)[1] if place >= 0 else None
        return None if line is None else line.decode()

    def get(self, key: str) -> Any | None:
        """A fresh copy of the record, or None."""
        line = self.line(key)
        return None if line is None else json.loads(line)

    def put(self, key: str, line: str) -> None:
        """Create a record, as the last one, or replace it where it is."""
        if key in self._added or self._place(key) < 0 or self._changed.get(key, b"") is None:
            self._added[key] = line.encode()
        else:
            self._changed[key] = line.encode()

    def remove(self, key: str) -> None:
        """Remove a record, if it is there."""
        if self._added.pop(key, None) is None and self._place(key) >= 0:
            self._changed[key] = None

    def keys(self) -> list[str]:
        """The keys of all records."""
        self._index()
        kept = [key for key in self._places if self._changed.get(key, b"") is not None]
        return [*kept, *self._added]

    def lines(self) -> dict[str, str]:
        """The texts of all records by key."""
        lines = self.text()[1:-1].decode()
        parts = (line.partition('": ') for line in lines.split(",\n") if line)
        return {key[1:]: line for key, _, line in parts}

    def by_key(self) -> dict[str, Any]:
        """Fresh copies of all records by key."""
        records: dict[str, Any] = json.loads(f"{{{self.text()[:-1].decode()}}}")
        return records

    def all(self) -> list[Any]:
        """Fresh copies of all records."""
        return list(self.by_key().values())

    def where(self, wanted: Mapping[str, Wanted]) -> list[Any]:
        """Fresh copies of the records that have these fields themselves; hardly any others are parsed."""
        query = _Query(wanted)
        return [record for record in _parse(self._likely(query).values()) if query.matches(record)]

    def containing(self, wanted: Mapping[str, Wanted]) -> list[Any]:
        """Fresh copies of the records of which one object, themselves or one within them, has all these fields."""
        query = _Query(wanted)
        likely = _parse(self._likely(query).values())
        return [record for record in likely if any(map(query.matches, _objects(record)))]

    def keys_where(self, wanted: Mapping[str, Wanted]) -> list[str]:
        """The keys of the records that `where` gives; a record is parsed only where its text leaves that open."""
        query = _Query(wanted)
        likely = self._likely(query).items()
        return [key for key, line in likely if query.surely_matches(line) or query.matches(json.loads(line.decode()))]

    def text(self) -> bytes:
        """All records as they are now: for each a newline, its key, its text and a comma."""
        parts, end = [], 0
        for place, key, line in self._changes_in_text():
            parts.append(self._text[end:place])
            if line is not None:
                parts.append(_whole_line(key, line))
            end = self._end_of(place)
        parts.append(self._text[end:])
        parts += [_whole_line(key, line) for key, line in self._added.items()]
        return b"".join(parts)

    def _place(self, key: str) -> int:
        """Where the line of a key begins in the text, or -1."""
        if len(self._places) >= _FEW:
            self._index()
        if self._is_indexed or key in self._places or not self._text or '"' in key or "\n" in key:
            return self._places.get(key, -1)
        # The newest records are asked for most, and they stand at the end.
        place = self._places[key] = self._text.rfind(b'\n"%b": ' % key.encode("utf-8", "surrogatepass"))
        return place

    def _index(self) -> None:
        if not self._is_indexed:
            self._places = {found[1].decode(): found.start() for found in _KEY.finditer(self._text)}
            self._is_indexed = True

    def _end_of(self, place: int) -> int:
        """Where the line that begins at a place ends."""
        end = self._text.find(b"\n", place + 1)
        return end if end >= 0 else len(self._text)

    def _line_at(self, place: int) -> tuple[str, bytes]:
        """The key and the record of the line that begins at a place."""
        key, _, line = self._text[place + 2 : self._end_of(place) - 1].partition(b'": ')
        return key.decode(), line

    def _changes_in_text(self) -> list[tuple[int, str, bytes | None]]:
        return sorted((self._place(key), key, line) for key, line in self._changed.items())

    def _likely(self, query: _Query) -> dict[str, bytes]:
        """The records that can have the fields, themselves or in an object within them, by key and in their order."""
        found = {place: self._line_at(place) for place in query.places(self._text)}
        for place, key, line in self._changes_in_text():
            found.pop(place, None)
            if line is not None:
                found[place] = (key, line)
        lines = {key: line for _, (key, line) in sorted(found.items())}
        return {key: line for key, line in [*lines.items(), *self._added.items()] if query.is_likely(line)}


def _whole_line(key: str, line: bytes) -> bytes:
    return b'\n"%b": %b,' % (key.encode(), line)


class _Query:
    """Fields with the values that they are to have, and the marks that these leave in a record's text.

    Quotes within a text are escaped, so no text holds a mark; but an object within the record may have the same field.
    """

    __slots__ = ("_marks", "_values")

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        self._values = {name: one if isinstance(one, (tuple, frozenset)) else (one,) for name, one in wanted.items()}
        self._marks = [[_mark(name, value) for value in values] for name, values in self._values.items()]

    def places(self, text: bytes) -> Iterable[int]:
        """Where the lines begin, in whatever order, that have a mark of the field that the fewest lines have."""
        if not self._marks:
            return (found.start() for found in _KEY.finditer(text))
        marks = self._marks[0]
        if len(self._marks) > 1:
            marks = min(self._marks, key=lambda marks: sum(map(text.count, marks)))
        return {place for mark in marks for place in _places_of(mark, text)}

    def is_likely(self, line: bytes) -> bool:
        """Whether a record can have the fields, itself or in an object within it."""
        return all(any(mark in line for mark in marks) for marks in self._marks)

    def surely_matches(self, line: bytes) -> bool:
        """Whether the text alone shows that the record itself has the fields: they come before any other object."""
        return all(any(_is_on_top(mark, line) for mark in marks) for marks in self._marks)

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether an object has the fields. Numbers are never wanted, although to Python 1 is True."""
        for name, values in self._values.items():
            field = record.get(name, ...)
            if not isinstance(field, (str, bool, type(None))) or field not in values:
                return False
        return True


def _mark(name: str, value: Any) -> bytes:
    """The text of a field with a value, or of a field with any value when the value can be written in two ways."""
    text = encode_record(value)
    return f"{encode_record(name)}: {text if max(text) <= _ONE_WAY else ''}".encode()


def _places_of(mark: bytes, text: bytes) -> Iterator[int]:
    """Where the lines with a mark begin."""
    at = text.find(mark)
    while at >= 0:
        yield text.rfind(b"\n", 0, at)
        end = text.find(b"\n", at)
        at = text.find(mark, end) if end >= 0 else -1


def _is_on_top(mark: bytes, line: bytes) -> bool:
    at = line.find(mark)
    return at > 0 and line[at - 1] != ord("\\") and line.find(b"{", 1, at) < 0 and not mark.endswith(b" ")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, itself among them."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _parse(lines: Iterable[bytes]) -> list[Any]:
    """The records of these lines, by one call of the parser, which is much faster than one a line."""
    return list(json.loads(f"[{b','.join(lines).decode()}]"))


class Table:
    """The sections of one file. `seq` is the number of the transaction that last changed it."""

    __slots__ = ("file", "sections", "seq")

    def __init__(self, file: str) -> None:
        self.file = file
        self.seq = 0
        self.sections: dict[str, Rows] = {kind.section: Rows() for kind in KINDS.values() if kind.file == file}

    def render(self) -> bytes:
        """The file's bytes: a header, then each section with one record a line."""
        parts: list[bytes | memoryview] = [b'{"atlas": {"version": %d, "seq": %d}' % (STATE_VERSION, self.seq)]
        for name, rows in self.sections.items():
            parts += [_SECTION % name.encode(), memoryview(rows.text())[:-1], b"\n}"]
        return b"".join([*parts, b"}\n"])

    @classmethod
    def parse(cls, file: str, data: bytes) -> Table:
        """The table that `render` wrote. Raises StateError when the bytes have another shape."""
        table = cls(file)
        try:
            end = data.index(b",\n")
            meta = json.loads(data[:end] + b"}")["atlas"]
            _require_version(file, meta["version"])
            table.seq = int(meta["seq"])
            table._read_sections(data, end)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise StateError(f"{file} is not a table that ATLAS wrote; `atlas doctor --repair` rebuilds it") from error
        return table

    def _read_sections(self, data: bytes, header: int) -> None:
        """Take in the sections, of which an older version may have fewer. Raises ValueError for what is none."""
        end = len(data) - len(b"}\n")
        for name in reversed(self.sections):
            head = _SECTION % name.encode()
            at = data.rfind(head + b"\n", header, end)
            if at >= 0:
                body = memoryview(data)[at + len(head) : end - len(b"\n}")]
                self.sections[name] = Rows(b"".join([body, b","]) if body else b"")
                end = at
        if end != header:
            raise ValueError(f"{self.file} has other sections")


def _require_version(file: str, version: int) -> None:
    if version > STATE_VERSION:
        raise NewerStateError(file, version, STATE_VERSION)
