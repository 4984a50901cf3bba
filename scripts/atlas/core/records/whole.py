"""Assignments and modules together with their rows, as answers and documents show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .assignment import Assignment, AssignmentFields, Polling, VerificationFields
from .kinds import EVIDENCE, OF_ASSIGNMENT, POLL, QUESTION, REPETITION, REPORT, Kind
from .plan import Module
from .protocol import Records
from .rows import EvidenceContents, PollContents, QuestionContents, RepetitionContents, ReportContents, contents_of

_FEW = 8
"""Up to so many assignments or modules are asked for by name; for more, all rows are read at once."""
Grouped = dict[str, dict[str, list[dict[str, Any]]]]


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
    found = list(assignments)
    names = [one["task_uuid"] for one in found]
    rows = {kind.name: _grouped(records, kind, "task_uuid", names) for kind in OF_ASSIGNMENT}
    return [_with_rows(one, rows) for one in found]


def whole_assignment(records: Records, assignment: Assignment) -> WholeAssignment:
    """The assignment with its reports, polls, questions, and latest repetition."""
    return whole_assignments(records, [assignment])[0]


def whole_verification(records: Records, assignment: Assignment) -> WholeVerification:
    """The verification of an assignment with its latest repetition and its questions."""
    names, kinds = [assignment["task_uuid"]], (REPETITION, QUESTION)
    return _whole_verification(assignment, {kind.name: _grouped(records, kind, "task_uuid", names) for kind in kinds})


def whole_modules(records: Records, modules: Iterable[Module]) -> list[WholeModule]:
    """The modules with the evidence about them."""
    found = list(modules)
    rows = _grouped(records, EVIDENCE, "module", [module["id"] for module in found])
    return [
        {**module, "evidence": cast("list[EvidenceContents]", list(map(contents_of, rows.get(module["id"], []))))}
        for module in found
    ]


def whole_module(records: Records, module: Module) -> WholeModule:
    """The module with the evidence about it."""
    return whole_modules(records, [module])[0]


def _grouped(records: Records, kind: Kind[Any], field: str, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows by what they belong to, in the order in which they were made."""
    rows = records.where(kind, **{field: tuple(names)}) if len(names) <= _FEW else records.all(kind)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[field], []).append(row)
    return found


def _with_rows(assignment: Assignment, rows: Grouped) -> WholeAssignment:
    fields: Any = {name: value for name, value in assignment.items() if name != "reported"}
    task_uuid = assignment["task_uuid"]
    polls, reports = (list(map(contents_of, rows[kind.name].get(task_uuid, []))) for kind in (POLL, REPORT))
    fields["instruction_verification"] = _whole_verification(assignment, rows)
    fields["progress_polling"] = {**assignment["progress_polling"], "poll_history": polls}
    return cast("WholeAssignment", {**fields, "reports": reports})


def _whole_verification(assignment: Assignment, rows: Grouped) -> WholeVerification:
    task_uuid, verification = assignment["task_uuid"], assignment["instruction_verification"]
    repeated = (one for one in rows[REPETITION.name].get(task_uuid, []) if one["row"] == verification["repetition"])
    asked = map(contents_of, rows[QUESTION.name].get(task_uuid, []))
    fields: Any = {**verification, "repetition": next(map(contents_of, repeated), None), "questions": list(asked)}
    return cast("WholeVerification", fields)
