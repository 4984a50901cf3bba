"""What pure code needs of a transaction: records to read, and to put where it decides what becomes of them."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from .kinds import Kind

R = TypeVar("R")
Scalar = str | bool | None
Wanted = Scalar | tuple[Scalar, ...] | frozenset[Scalar]
"""What a field is to be: one value, or any of several. Only texts, true, false and null can be asked for."""


class Records(Protocol):
    """The records of one consistent state. Everything handed out is a copy."""

    at: str
    """The time of the transaction."""
    seq: int
    """The number of the last change that is seen here; what is put becomes part of the next one."""

    def get(self, kind: Kind[R], key: str) -> R | None:
        """The record, or None."""

    def need(self, kind: Kind[R], key: str) -> R:
        """The record. Raises AtlasError when there is none."""

    def all(self, kind: Kind[R]) -> list[R]:
        """All records of a kind, in the order of their creation."""

    def only(self, kind: Kind[R]) -> R | None:
        """The single record of a kind of which there is at most one, or None."""

    def where(self, kind: Kind[R], /, **fields: Wanted) -> list[R]:
        """The records whose own fields have these values, in the order of their creation."""

    def last(self, kind: Kind[R], /, **fields: Wanted) -> R | None:
        """The newest of the records that `where` gives, or None."""

    def containing(self, kind: Kind[R], /, **fields: Wanted) -> list[R]:
        """The records in which some object, the record itself or one within it, has all these fields."""

    def keys(self, kind: Kind[Any], /, **fields: Wanted) -> list[str]:
        """The keys of the records that `where` gives."""

    def count(self, kind: Kind[Any], /, **fields: Wanted) -> int:
        """How many records there are, or how many of them `where` gives."""

    def put(self, kind: Kind[R], record: R) -> None:
        """Create or replace a record. Raises AtlasError when its status may not follow the one it has."""

    def emit(self, name: str, /, **fields: Any) -> None:
        """Say what this change is, by an event of the table in `events.py`. Raises ValueError for an unknown one."""
