"""The state that a history leads to, made by applying its lines one after the other.

Lines of an older version are applied as they are, so the state is in the form of the last line; what that lacks to be
in the form of now is asked for by `new_forms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from atlas.adapters.record_lines import encode_record
from atlas.core import clock
from atlas.core.records import migration
from atlas.core.records.kinds import FILES, KINDS, STATE_VERSION, Kind

from . import log, schema
from .tables import Rows, Table
from .transaction import Changes, Transaction


class Replay:
    """The state that a history leads to."""

    def __init__(self, entries: Iterable[log.Entry]) -> None:
        """Apply the entries in order. Raises what reading them raises."""
        self.tables = {file: Table(file) for file in FILES}
        self.plan: bytes | None = None
        self.plan_seq = 0
        self.seq = 0
        self.version = 0
        """That of the newest line; 0 without any."""
        self._origins: migration.Origins = {}
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: log.Entry) -> None:
        """Bring the state forward by one entry."""
        self.seq = entry["seq"]
        self.version = max(self.version, entry["v"])
        if entry["v"] < STATE_VERSION:
            migration.note_origins(self._origins, entry)
        for kind_name, changed in entry["records"].items():
            if kind_name == "plan":
                self.plan, self.plan_seq = changed["plan"].encode("utf-8", "surrogateescape"), self.seq
                continue
            kind = KINDS[kind_name]
            table = self.tables[kind.file]
            table.seq = self.seq
            rows = table.sections[kind.section]
            for key, record in changed.items():
                if record is None:
                    rows.remove(key)
                else:
                    rows.put(key, encode_record(record))

    def new_forms(self) -> Changes:
        """The records that are in the form of an older version, as they are in the form of now, and their new rows."""
        found = migration.new_forms(self._stored, self._origins, self.seq)
        return {kind: {key: encode_record(one) for key, one in new.items()} for kind, new in found.items()}

    def _stored(self, kind: Kind[Any]) -> dict[str, Any]:
        return self.tables[kind.file].sections[kind.section].by_key()

    def in_current_form(self) -> Replay:
        """The same state with every record in the form of now; this one stays as it is."""
        changes = self.new_forms()
        if not changes:
            return self
        state = Replay(())
        state.plan, state.plan_seq, state.seq, state.version = self.plan, self.plan_seq, self.seq, self.version
        for file, table in self.tables.items():
            state.tables[file].seq = table.seq
            state.tables[file].sections = {name: Rows(rows.text()) for name, rows in table.sections.items()}
        for name, changed in changes.items():
            rows = state.tables[KINDS[name].file].sections[KINDS[name].section]
            for key, line in changed.items():
                if line is not None:
                    rows.put(key, line)
        return state

    def transaction(self) -> Transaction:
        """The state as something to read."""
        return Transaction(self.tables.__getitem__, lambda: self.plan, clock.current_time(), self.seq)


def record_faults(state: Replay) -> list[str]:
    """What is wrong with each record that breaks its schema or lies under another key, a line each."""
    return [fault for name in KINDS for fault in _faults_of_kind(state, name)]


def _faults_of_kind(state: Replay, name: str) -> Iterator[str]:
    kind = KINDS[name]
    rows = state.tables[kind.file].sections[kind.section]
    for key, record in rows.by_key().items():
        yield from (f"{name} {key}: {fault}" for fault in schema.library_faults(name, record)[:1])
        if isinstance(record, dict) and record.get(kind.key) != key:
            yield f"{name} {key}: its {kind.key} is {record.get(kind.key)!r}"
