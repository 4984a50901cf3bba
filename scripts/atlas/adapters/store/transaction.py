"""What a verb works on inside a transaction: records to read and put, checked as they are put."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from atlas.adapters.record_lines import encode_record
from atlas.core.errors import AtlasError
from atlas.core.ids import is_slug
from atlas.core.records.events import event_of
from atlas.core.records.kinds import FILES, KINDS, Kind
from atlas.core.records.protocol import Wanted
from atlas.core.records.transitions import check_transition
from atlas.core.text import name_known

from .tables import Rows, Table

R = TypeVar("R")
Changes = dict[str, dict[str, "str | None"]]


class Transaction:
    """Reads see what was put before. Nothing leaves this object: the store commits it, or throws it away."""

    def __init__(self, load: Callable[[str], Table], plan: Callable[[], bytes | None], at: str, seq: int) -> None:
        """`load` gives the table of a file, `plan` the plan's bytes; `at` is the time of the transaction.

        `seq` is the number of the last committed transaction that it sees.
        """
        self.at = at
        self.seq = seq
        self.actor: Any = None
        self._load = load
        self._load_plan = plan
        self._tables: dict[str, Table] = {}
        self.plan_as_read: bytes | None = None
        self.plan_was_read = False
        self.new_plan: bytes | None = None
        self.changes: Changes = {}
        self.events: list[dict[str, Any]] = []

    def get(self, kind: Kind[R], key: str) -> R | None:
        """A copy of the record, or None."""
        return cast("R | None", self._rows(kind).get(key))

    def need(self, kind: Kind[R], key: str) -> R:
        """A copy of the record. Raises AtlasError when there is none, naming the nearest that exist."""
        record = self.get(kind, key)
        if record is None:
            raise AtlasError(f"{kind.name} {key[:80]!r} not found: {self._hint(kind, key)}")
        return record

    def _hint(self, kind: Kind[Any], key: str) -> str:
        known = self._rows(kind).keys()
        return name_known(key, known) if known else f"there is no {kind.name} yet"

    def all(self, kind: Kind[R]) -> list[R]:
        """Copies of all records of a kind, in the order of their creation."""
        return cast("list[R]", list(self._rows(kind).by_key().values()))

    def only(self, kind: Kind[R]) -> R | None:
        """The single record of a kind of which there is at most one, or None."""
        return next(iter(self.all(kind)), None)

    def where(self, kind: Kind[R], /, **fields: Wanted) -> list[R]:
        """Copies of the records whose own fields have these values, in the order of their creation.

        A tuple or frozenset stands for any of its values. What does not match costs next to nothing.
        """
        if () in fields.values():
            return []  # without reading the table
        return cast("list[R]", self._rows(kind).where(fields))

    def last(self, kind: Kind[R], /, **fields: Wanted) -> R | None:
        """A copy of the newest of the records that `where` gives, or None."""
        return cast("R | None", self._rows(kind).last_where(fields))

    def containing(self, kind: Kind[R], /, **fields: Wanted) -> list[R]:
        """Copies of the records in which some object, the record itself or one within it, has all these fields.

        This is how to ask for one of a record's parts, as in "discoveries with a recipient that is queued".
        """
        return cast("list[R]", self._rows(kind).containing(fields))

    def keys(self, kind: Kind[Any], /, **fields: Wanted) -> list[str]:
        """The keys of the records that `where` gives, for those who need no more: hardly any record is parsed."""
        return self._rows(kind).keys_where(fields)

    def changed(self, kind: Kind[R]) -> list[R]:
        """Copies of the records that this transaction has put so far, as they are now."""
        lines = self.changes.get(kind.name, {}).items()
        return [cast("R", json.loads(line)) for _, line in lines if line is not None]

    def line(self, kind: Kind[Any], key: str) -> str:
        """The stored text of a record that exists: one line of JSON."""
        line = self._rows(kind).line(key)
        if line is None:
            raise KeyError(key)
        return line

    def lines(self, kind: Kind[Any]) -> list[str]:
        """The stored text of every record of a kind, in the order of their creation."""
        return list(self._rows(kind).lines().values())

    def count(self, kind: Kind[Any], /, **fields: Wanted) -> int:
        """How many records there are, or how many of them `where` gives."""
        return len(self.keys(kind, **fields) if fields else self._rows(kind))

    def put(self, kind: Kind[R], record: R) -> None:
        """Create or replace a record. Raises AtlasError when its status may not follow the one it has."""
        key = kind.id_of(record)
        if not is_slug(key):
            raise AtlasError(f"{kind.name} {key[:80]!r} is not an identifier")
        rows = self._rows(kind)
        new = cast("dict[str, Any]", record)
        if "status" in new:
            old = rows.get(key)
            check_transition(kind.name, key, old["status"] if old else "", new["status"])
        line = encode_record(record)
        if rows.line(key) != line:
            rows.put(key, line)
            self.changes.setdefault(kind.name, {})[key] = line

    def patch(self, kind: Kind[R], record: R, **fields: Any) -> R:
        """Put a copy of the record with some fields changed, and return it."""
        changed = cast("R", {**cast("dict[str, Any]", record), **fields})
        self.put(kind, changed)
        return changed

    def delete(self, kind: Kind[Any], key: str) -> None:
        """Remove a record from the table; the history keeps it. Raises AtlasError when its status forbids that."""
        rows = self._rows(kind)
        old = rows.get(key)
        if old is None:
            return
        if "status" in old:
            check_transition(kind.name, key, old["status"], "")
        rows.remove(key)
        self.changes.setdefault(kind.name, {})[key] = None

    def emit(self, name: str, /, **fields: Any) -> None:
        """Say what this change is: the event goes into its line of the history, if anything is committed at all.

        Raises ValueError when the table of events has no such event, or another set of fields.
        """
        event = event_of(name, fields)
        if event not in self.events:
            self.events.append(event)

    @property
    def plan(self) -> bytes | None:
        """The plan's bytes as they are on disk now, or as put before; None when there is no plan."""
        if self.new_plan is not None:
            return self.new_plan
        if not self.plan_was_read:
            self.plan_as_read, self.plan_was_read = self._load_plan(), True
        return self.plan_as_read

    def put_plan(self, data: bytes) -> None:
        """Replace the plan's bytes."""
        if data != self.plan:
            self.new_plan = data

    def table(self, file: str) -> Table:
        """The table of a file, as changed so far."""
        if file not in self._tables:
            self._tables[file] = self._load(file)
        return self._tables[file]

    def changed_files(self) -> list[str]:
        touched = {KINDS[kind].file for kind, changed in self.changes.items() if changed}
        return [file for file in FILES if file in touched]

    def _rows(self, kind: Kind[Any]) -> Rows:
        return self.table(kind.file).sections[kind.section]
