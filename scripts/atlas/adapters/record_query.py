"""How the lines of the records that have some fields are told by their text alone, or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from atlas.core.records.protocol import Wanted

from .record_lines import encode_record

_ONE_WAY = "\uffff"
"""Characters up to this one are always stored in the same way; one beyond may also be there as two halves."""
_BACKSLASH = ord("\\")


class Query:
    """Fields with the values that they are to have, and the marks that these leave in a record's text.

    Quotes within a text are escaped, so no text holds a mark; but an object within the record may have the same field.
    """

    __slots__ = ("_marks", "_values")

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        self._values = {name: one if isinstance(one, (tuple, frozenset)) else (one,) for name, one in wanted.items()}
        self._marks = [[_mark(name, value) for value in values] for name, values in self._values.items()]

    def few_lines(self, text: bytes, few: int) -> list[bytes] | None:
        """The lines with a mark of a field that fewer than `few` of them have; None when more have each."""
        for marks in self._marks:
            places = {place for mark in marks for place in islice(_places_of(mark, text), few)}
            if len(places) < few:
                ends = {start: text.find(b"\n", start + 1) for start in sorted(places)}
                return [text[start + 1 : end if end >= 0 else None] for start, end in ends.items()]
        return None

    @property
    def key(self) -> tuple[tuple[bytes, ...], ...]:
        """What two queries with equal likely lines have in common."""
        return tuple(map(tuple, self._marks))

    def latest_lines(self, text: bytes) -> Iterator[bytes]:
        """Those of the lines that are likely, the last one first, searched for one by one."""
        end, marks = len(text), self._marks[0] if self._marks else [b"{"]
        while (at := max((text.rfind(mark, 0, end) for mark in marks), default=-1)) >= 0:
            start, stop = text.rfind(b"\n", 0, at), text.find(b"\n", at)
            yield from self.likely([text[start + 1 : stop if stop >= 0 else None]])
            end = start

    def likely(self, lines: list[bytes]) -> list[bytes]:
        """Those of the lines whose records can have the fields, themselves or in an object within them."""
        for marks in self._marks:
            if len(marks) == 1:  # by far the most frequent, and several times as fast
                lines = [line for line in lines if marks[0] in line]
            else:
                lines = [line for line in lines if any(mark in line for mark in marks)]
        return lines

    def surely_matches(self, line: bytes) -> bool:
        """Whether the text alone shows that the record itself has the fields: they come before any other object."""
        start = line.find(b"{")
        for marks in self._marks:
            for mark in marks:
                if _is_on_top(mark, line, start):
                    break
            else:
                return False
        return True

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether an object has the fields. Numbers are never wanted, although to Python 1 is True."""
        fields = ((record.get(name, ...), values) for name, values in self._values.items())
        return all(isinstance(field, (str, bool, type(None))) and field in values for field, values in fields)


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


def _is_on_top(mark: bytes, line: bytes, start: int) -> bool:
    at = line.find(mark, start)
    return at > 0 and line[at - 1] != _BACKSLASH and line.find(b"{", start + 1, at) < 0 and not mark.endswith(b" ")


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, itself among them."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from objects_in(inner)
