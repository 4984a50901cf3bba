"""From version 1 of the stored form to version 2, in which parts of assignments and modules are rows of their own.

Lines of version 1 stay in the history as they are. One line of the verb `migrate` holds the new forms of what they led
to, and takes the old parts away. A record says itself which form it has, so what is in the new one stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from atlas.core.verbs import ATLAS

from . import rows
from .kinds import (
    AGENT,
    ASSIGNMENT,
    DISCOVERY,
    EVIDENCE,
    KINDS,
    MESSAGE,
    MODULE,
    POLL,
    QUESTION,
    REPETITION,
    REPORT,
    SESSION,
    WORKFLOW,
    Kind,
)

VERB = "migrate"
ACTOR = {"role": ATLAS, "agent": None, "session": None}
"""Who brings a project forward: nobody gave a command for it."""
Record = dict[str, Any]
NewForms = dict[str, dict[str, Record]]
"""Records by kind and key."""
Origins = dict[tuple[str, str, str], int]
"""The number of the change that first held a part: by its owner, the name of its kind, and what it is told apart by."""


class _Part(NamedTuple):
    """A part of a record of version 1, with the number, id or time that tells it apart from others of its owner."""

    kind: Kind[Any]
    owner: str
    name: str
    contents: Any


_MADE: dict[Kind[Any], str] = {ASSIGNMENT: "seq", MESSAGE: "seq", DISCOVERY: "seq"}
"""The field of a record that names the change which made it."""
_SINCE: dict[Kind[Any], tuple[str, str]] = {
    SESSION: ("ended_seq", "ended_at"),
    AGENT: ("seen_seq", "last_seen"),
    WORKFLOW: ("lead_seq", "lead_since"),
}
"""The field of a record that names the change which gave another one its value."""
_NUMBERS = {**{kind.name: field for kind, field in _MADE.items()}, **{kind.name: at[0] for kind, at in _SINCE.items()}}
_OLDER: tuple[Kind[Any], ...] = (ASSIGNMENT, MODULE, MESSAGE, DISCOVERY, SESSION, AGENT, WORKFLOW)


def note_origins(origins: Origins, entry: dict[str, Any]) -> None:
    """Note the parts that a line of version 1 is the first to hold."""
    for of in (ASSIGNMENT, MODULE):
        for record in (entry["records"].get(of.name) or {}).values():
            for part in _old_parts(of.name, record or {}):
                origins.setdefault((part.owner, part.kind.name, part.name), entry["seq"])
    for kind in (*_MADE, *_SINCE):
        for key, record in (entry["records"].get(kind.name) or {}).items():
            if record is not None:
                origins.setdefault((key, kind.name, _numbered_value(kind, record)), entry["seq"])


def _numbered_value(kind: Kind[Any], record: Record) -> str:
    """What of a record has the number of the change that first held it: all of it, or the value of a field."""
    return str(record[_SINCE[kind][1]]) if kind in _SINCE else ""


def new_forms(stored: Callable[[Kind[Any]], Mapping[str, Record]], origins: Origins, seq: int) -> NewForms:
    """The records that have another form now, and the rows that were parts of them, by kind and key.

    `stored` gives the records of a kind. None of them has another form when all are in the new one. A part whose origin
    is not known counts as made by the change `seq`.
    """
    changes: NewForms = {}
    made = _NewRows(stored(EVIDENCE).values(), origins, seq)
    for kind in _OLDER:
        for key, record in stored(kind).items():
            if _is_old(kind.name, record) or _lacks_number(kind.name, record):
                for part in _old_parts(kind.name, record):
                    of_part, row = made.row(part)
                    changes.setdefault(of_part.name, {})[row["row"]] = row
                changes.setdefault(kind.name, {})[key] = current_record(kind.name, record, made.origin)
    return changes


def _lacks_number(kind: str, record: Record) -> bool:
    field = _NUMBERS.get(kind)
    return field is not None and field not in record


def current_record(kind: str, record: Record, origin: Callable[[_Part], int] = lambda part: 1) -> Record:
    """A record in the form of now, without the rows that it has lost; one that is in it already comes back as it is."""
    if _lacks_number(kind, record):
        record = _numbered_record(kind, record, origin)
    if not _is_old(kind, record):
        return record
    if kind == MODULE.name:
        return {name: value for name, value in record.items() if name != "evidence"}
    fields = {name: value for name, value in record.items() if name != "reports"}
    verification, polling = dict(record["instruction_verification"]), dict(record["progress_polling"])
    verification.pop("questions")
    polling.pop("poll_history")
    if verification["repetition"] is not None:
        verification["repetition"] = f"{record['task_uuid']}-repetition-1"
    reported = [part for part in _old_parts(kind, record) if part.kind is REPORT][-1:]
    latest = [
        {"number": int(part.name), "seq": origin(part), "at": part.contents["at"], "kind": part.contents["kind"]}
        for part in reported
    ]
    new = {"instruction_verification": verification, "progress_polling": polling}
    return {**fields, **new, "reported": latest[0] if latest else None}


def _numbered_record(kind: str, record: Record, origin: Callable[[_Part], int]) -> Record:
    """A record with the number that it lacks; None where the field is empty of which it is the number."""
    of = KINDS[kind]
    is_empty = of in _SINCE and record[_SINCE[of][1]] is None
    part = _Part(of, of.id_of(record), _numbered_value(of, record), record)
    return {**record, _NUMBERS[kind]: None if is_empty else origin(part)}


def _is_old(kind: str, record: Record) -> bool:
    field = {ASSIGNMENT.name: "reports", MODULE.name: "evidence"}.get(kind)
    return field is not None and field in record


def _old_parts(kind: str, record: Record) -> Iterator[_Part]:
    """The parts of a record of version 1 that are rows now, each kind in its order; none of one in the new form."""
    if not _is_old(kind, record):
        return
    if kind == MODULE.name:
        for number, evidence in enumerate(record["evidence"], 1):
            yield _Part(EVIDENCE, record["id"], f"{number} {evidence['at']}", evidence)
        return
    owner, verification = record["task_uuid"], record["instruction_verification"]
    for number, report in enumerate(record["reports"], 1):
        yield _Part(REPORT, owner, str(number), report)
    for poll in record["progress_polling"]["poll_history"]:
        yield _Part(POLL, owner, str(poll["number"]), poll)
    for question in verification["questions"]:
        yield _Part(QUESTION, owner, question["id"], question)
    repetition = verification["repetition"]
    if repetition is not None:
        yield _Part(REPETITION, owner, f"{repetition['at']} {verification['attempts']}", repetition)


class _NewRows:
    """Makes rows of parts, and numbers evidence on from what there is."""

    def __init__(self, known: Iterable[Any], origins: Origins, seq: int) -> None:
        self._origins, self._seq = origins, seq
        self._evidence: dict[tuple[str, str, str], rows.Evidence] = {
            (one["module"], one["at"], one["commit"]): one for one in known
        }

    def origin(self, part: _Part) -> int:
        """The number of the change that made a part."""
        return self._origins.get((part.owner, part.kind.name, part.name), self._seq)

    def row(self, part: _Part) -> tuple[Kind[Any], Any]:
        """The row that a part becomes."""
        owner: Any = {"task_uuid": part.owner, "seq": self.origin(part)}
        if part.kind is EVIDENCE:
            return EVIDENCE, self._evidence_row(part)
        if part.kind is REPORT:
            return REPORT, rows.new_report(**owner, number=int(part.name), contents=part.contents)
        if part.kind is REPETITION:
            return REPETITION, rows.new_repetition(**owner, number=1, contents=part.contents)
        return part.kind, {"row": f"{part.owner}-{part.kind.name}-{part.name}", **owner, **part.contents}

    def _evidence_row(self, part: _Part) -> rows.Evidence:
        """Evidence that has a row already keeps it: where only tables are left, both forms may be there."""
        mark = (part.owner, part.contents["at"], part.contents["commit"])
        if mark not in self._evidence:
            contents: Any = {"no_commit": None, "override": None, **part.contents}
            self._evidence[mark] = rows.new_evidence(
                module=part.owner, seq=self.origin(part), number=len(self._evidence) + 1, contents=contents
            )
        return self._evidence[mark]
