"""One JSON file of records, one record a line, which is searched and spliced as it was read.

A command asks for a few records of thousands. So nothing is done in Python for each line: the bytes are searched for a
record's key, or for the text of the fields that it is to have, and only what is found is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from atlas.adapters.record_query import Query, objects_in
from atlas.core.errors import NewerStateError, StateError
from atlas.core.records.kinds import KINDS, STATE_VERSION
from atlas.core.records.protocol import Wanted

_SECTION = b',\n"%b": {'
_KEY = re.compile(rb'\n"([^"\n]*)": ')
_FEW = 32
"""Keys or matches that are searched for one by one; where there are more, all lines are looked at."""


class Rows:
    """The records of one kind by key, in the order of their creation, parsed only when asked for.

    The text has a newline, key, record and comma for each. What is put is kept beside it until many are asked for.
    """

    __slots__ = ("_added", "_changed", "_found", "_is_indexed", "_lines", "_places", "_text")

    def __init__(self, text: bytes = b"") -> None:
        self._changed: dict[str, bytes | None] = {}
        """What stands for a line of the text by now; None when it was removed."""
        self._added: dict[str, bytes] = {}
        self._set_text(text)

    def _set_text(self, text: bytes) -> None:
        self._text = text
        self._lines: list[bytes] = []
        """The lines of the text, once they were needed."""
        self._found: dict[tuple[tuple[bytes, ...], ...], list[bytes]] = {}
        """Those that each query found; some are asked for several times for one change."""
        self._places: dict[str, int] = {}
        """Where lines begin in the text, by key; -1 for a key that is not there."""
        self._is_indexed = False

    def __len__(self) -> int:
        return self.text().count(b"\n")

    def text(self) -> bytes:
        """All records as they are now: for each a newline, its key, its text and a comma."""
        if self._changed or self._added:
            self._set_text(b"".join(self.parts()))
            self._changed, self._added = {}, {}
        return self._text

    def parts(self) -> Iterator[memoryview]:
        """The text in pieces, without copying what was read."""
        text, end = memoryview(self._text), 0
        for place, key, line in sorted((self._place(key), key, line) for key, line in self._changed.items()):
            yield text[end:place]
            if line is not None:
                yield _whole_line(key, line)
            end = self._end_of(place)
        yield text[end:]
        for key, line in self._added.items():
            yield _whole_line(key, line)

    def line(self, key: str) -> str | None:
        """The text of a record, or None."""
        line = self._added.get(key)
        if line is None:
            place = self._place(key)
            known = None if place < 0 else self._text[place : self._end_of(place) - 1].partition(b'": ')[2]
            line = self._changed.get(key, known)
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
        self.text()
        self._index()
        return list(self._places)

    def lines(self) -> dict[str, str]:
        """The texts of all records by key."""
        lines = self.text()[1:-1].decode()
        parts = (line.partition('": ') for line in lines.split(",\n") if line)
        return {key[1:]: line for key, _, line in parts}

    def by_key(self) -> dict[str, Any]:
        """Fresh copies of all records by key."""
        return _parse(self.text())

    def where(self, wanted: Mapping[str, Wanted]) -> list[Any]:
        """Fresh copies of the records that have these fields themselves; hardly any others are parsed."""
        query = Query(wanted)
        return [record for record in _parse(b"".join(self._likely(query))).values() if query.matches(record)]

    def last_where(self, wanted: Mapping[str, Wanted]) -> Any | None:
        """A fresh copy of the last of the records that `where` gives, or None; no others are parsed."""
        query = Query(wanted)
        records = map(_parse_line, query.latest_lines(self.text()))
        return next((record for record in records if query.matches(record)), None)

    def containing(self, wanted: Mapping[str, Wanted]) -> list[Any]:
        """Fresh copies of the records of which one object, themselves or one within them, has all these fields."""
        query = Query(wanted)
        likely = _parse(b"".join(self._likely(query))).values()
        return [record for record in likely if any(map(query.matches, objects_in(record)))]

    def keys_where(self, wanted: Mapping[str, Wanted]) -> list[str]:
        """The keys of the records that `where` gives; a record is parsed only where its text leaves that open."""
        query = Query(wanted)
        found = [line for line in self._likely(query) if query.surely_matches(line) or query.matches(_parse_line(line))]
        return [line[1 : line.index(b'"', 1)].decode() for line in found]

    def _likely(self, query: Query) -> list[bytes]:
        """The lines whose records can have the fields, themselves or in an object within them."""
        text, key = self.text(), query.key
        if key not in self._found:
            lines = query.few_lines(text, _FEW)
            if lines is None:
                lines = self._lines = self._lines or text.split(b"\n")[1:]
            self._found[key] = query.likely(lines)
        return self._found[key]

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
        end = self._text.find(b"\n", place + 1)
        return end if end >= 0 else len(self._text)


def _whole_line(key: str, line: bytes) -> memoryview:
    return memoryview(b'\n"%b": %b,' % (key.encode(), line))


def _parse(lines: bytes) -> dict[str, Any]:
    """The records of these lines by key, by one call of the parser, which is much faster than one a line."""
    records: dict[str, Any] = json.loads(f"{{{lines.decode().removesuffix(',')}}}")
    return records


def _parse_line(line: bytes) -> Any:
    return json.loads(line.partition(b'": ')[2][:-1].decode())


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
            *body, last = [part for part in rows.parts() if part] or [memoryview(b"")]
            parts += [_SECTION % name.encode(), *body, last[:-1], b"\n}"]
        return b"".join([*parts, b"}\n"])

    @classmethod
    def parse(cls, file: str, data: bytes) -> Table:
        """The table that `render` wrote. Raises StateError when the bytes have another shape."""
        table = cls(file)
        try:
            end = data.index(b",\n")
            meta = json.loads(data[:end] + b"}")["atlas"]
            if meta["version"] > STATE_VERSION:
                raise NewerStateError(file, meta["version"], STATE_VERSION)
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
            first = data.startswith(head + b"\n", header)
            at = header if first else data.rfind(head + b"\n", header, end)
            if at >= 0:
                body = memoryview(data)[at + len(head) : end - len(b"\n}")]
                self.sections[name] = Rows(b"".join([body, b","]) if body else b"")
                end = at
        if end != header:
            raise ValueError(f"{self.file} has other sections")
