"""Assignments and modules together with their rows, as answers and documents show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .assignment import Assignment, AssignmentFields, Polling, VerificationFields, has_words
from .kinds import EVIDENCE, OF_ASSIGNMENT, POLL, QUESTION, REPETITION, REPORT, Kind
from .plan import Module
from .protocol import Records
from .rows import EvidenceContents, PollContents, QuestionContents, RepetitionContents, ReportContents, contents_of

_FEW = 8  # assignments or modules that are asked for by name; for more, all rows are read at once
_Grouped = dict[str, dict[str, list[dict[str, Any]]]]


class WholeVerification(VerificationFields):
    """Whether an agent has understood its task, with what it repeated last and what it asked."""

    repetition: RepetitionContents | None
    questions: list[QuestionContents]


class WholePolling(Polling):
    """How an agent is polled, with the polls that there were."""

    poll_history: list[PollContents]


class WholeAssignment(AssignmentFields):
    """An assignment with all that was said about it."""

    instruction_verification: WholeVerification
    progress_polling: WholePolling
    reports: list[ReportContents]


class WholeModule(Module):
    """A module with the evidence about it, the latest last."""

    evidence: list[EvidenceContents]


def whole_assignments(records: Records, assignments: Iterable[Assignment]) -> list[WholeAssignment]:
    """The assignments with their reports, polls, questions, and latest repetitions."""
    found = {one["task_uuid"]: one for one in assignments}
    rows = _rows_of(records, list(found.values()))
    return [_with_rows(one, rows) for one in found.values()]


def whole_assignment(records: Records, assignment: Assignment) -> WholeAssignment:
    """The assignment with its reports, polls, questions, and latest repetition."""
    return whole_assignments(records, [assignment])[0]


def whole_verification(records: Records, assignment: Assignment) -> WholeVerification:
    """The verification of an assignment with its latest repetition and its questions."""
    return _whole_verification(assignment, _rows_of(records, [assignment]))


def whole_modules(records: Records, modules: Iterable[Module]) -> list[WholeModule]:
    """The modules with the evidence about them."""
    found = list(modules)
    rows = _grouped(records, EVIDENCE, "module", [module["id"] for module in found])
    made = ((module, list(map(contents_of, rows.get(module["id"], [])))) for module in found)
    return [cast("WholeModule", {**module, "evidence": evidence}) for module, evidence in made]


def _rows_of(records: Records, found: list[Assignment]) -> _Grouped:
    every = [one["task_uuid"] for one in found]
    told = [one["task_uuid"] for one in found if has_words(one)]  # of others, their large table is not read
    return {kind.name: _grouped(records, kind, "task_uuid", every if kind is POLL else told) for kind in OF_ASSIGNMENT}


def _grouped(records: Records, kind: Kind[Any], field: str, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows by what they belong to, in the order in which they were made."""
    rows = records.where(kind, **{field: tuple(names)}) if len(names) <= _FEW else records.all(kind)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[field], []).append(row)
    return found


def _with_rows(assignment: Assignment, rows: _Grouped) -> WholeAssignment:
    fields: Any = {name: value for name, value in assignment.items() if name not in ("reported", "seq")}
    name = assignment["task_uuid"]
    polls, reports = (list(map(contents_of, rows[kind.name].get(name, []))) for kind in (POLL, REPORT))
    verification, polling = _whole_verification(assignment, rows), {**fields["progress_polling"], "poll_history": polls}
    own = {"instruction_verification": verification, "progress_polling": polling, "reports": reports}
    return cast("WholeAssignment", {**fields, **own})


def _whole_verification(assignment: Assignment, rows: _Grouped) -> WholeVerification:
    name, verification = assignment["task_uuid"], assignment["instruction_verification"]
    repeated = (one for one in rows[REPETITION.name].get(name, []) if one["row"] == verification["repetition"])
    asked = list(map(contents_of, rows[QUESTION.name].get(name, [])))
    latest = next(map(contents_of, repeated), None)
    return cast("WholeVerification", {**verification, "repetition": latest, "questions": asked})
