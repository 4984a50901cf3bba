"""One JSON file of records, one record a line, so that a change splices lines instead of rewriting values."""

from __future__ import annotations

import json
import re
from typing import Any

from atlas.core.errors import NewerStateError, StateError
from atlas.core.records.kinds import KINDS, STATE_VERSION

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""Characters that JSON may hold as they are, and YAML (or, for the surrogates, UTF-8) may not."""


def encode(record: Any) -> str:
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
        """Fresh copies of all records, by one call of the parser, which is much faster than one a line."""
        return list(json.loads("[" + ",".join(self.lines.values()) + "]"))


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
