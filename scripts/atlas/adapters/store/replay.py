"""The state that a history leads to, made by applying its lines one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from atlas.core import clock
from atlas.core.records.kinds import FILES, KINDS

from . import log, schema
from .tables import Table, encode_record
from .transaction import Transaction


class Replay:
    """The state that a history leads to."""

    def __init__(self, entries: Iterable[log.Entry]) -> None:
        """Apply the entries in order. Raises what reading them raises."""
        self.tables = {file: Table(file) for file in FILES}
        self.plan: bytes | None = None
        self.plan_seq = 0
        self.seq = 0
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: log.Entry) -> None:
        """Bring the state forward by one entry."""
        self.seq = entry["seq"]
        for kind_name, changed in entry["records"].items():
            if kind_name == "plan":
                self.plan, self.plan_seq = changed["plan"].encode("utf-8", "surrogateescape"), self.seq
                continue
            kind = KINDS[kind_name]
            table = self.tables[kind.file]
            table.seq = self.seq
            rows = table.sections[kind.section].lines
            for key, record in changed.items():
                if record is None:
                    rows.pop(key, None)
                else:
                    rows[key] = encode_record(record)

    def transaction(self) -> Transaction:
        """The state as something to read."""
        return Transaction(self.tables.__getitem__, lambda: self.plan, clock.current_time(), self.seq)


def record_faults(state: Replay) -> list[str]:
    """What is wrong with each record that breaks its schema or lies under another key, a line each."""
    return [fault for name in KINDS for fault in _faults_of_kind(state, name)]


def _faults_of_kind(state: Replay, name: str) -> Iterator[str]:
    kind = KINDS[name]
    rows = state.tables[kind.file].sections[kind.section]
    for key, record in zip(rows.lines, rows.all(), strict=True):
        yield from (f"{name} {key}: {fault}" for fault in schema.library_faults(name, record)[:1])
        if isinstance(record, dict) and record.get(kind.key) != key:
            yield f"{name} {key}: its {kind.key} is {record.get(kind.key)!r}"
