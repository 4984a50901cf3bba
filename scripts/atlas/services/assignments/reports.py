"""What agents report of their modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.records.assignment import report_count
from atlas.core.records.kinds import ASSIGNMENT, MODULE, REPORT
from atlas.core.records.rows import new_report
from atlas.core.records.transitions import HANDED_IN
from atlas.core.rules import roles, understanding
from atlas.services.integration import conflicts
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings

from .assignments import live_assignment

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment, ReportKind
    from atlas.core.records.plan import Module
    from atlas.core.records.rows import Report, ReportContents
    from atlas.core.results.assignments import ReportResult
    from atlas.services.project.context import Context

_LONGEST_REPORT = 20_000


def report_module(context: Context, module_id: str, kind: ReportKind, text: str) -> ReportResult:
    """Record what the agent of a module says of it; the same report again changes nothing.

    Raises AtlasError when nobody has the module, it is another agent's, who reports may not edit yet (that it is
    blocked may always be said), or a blocked report has no reason.
    """
    if kind == "blocked" and not text.strip():
        raise AtlasError("say what blocks the work: --text TEXT")
    if len(text) > _LONGEST_REPORT:
        raise AtlasError(f"the text has {len(text)} characters: at most {_LONGEST_REPORT}, put more into a file")

    def run(tx: Transaction, actor: roles.Actor) -> ReportResult:
        executing_workflow(tx)
        module, assignment = live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        if actor["role"] == roles.WORKER and kind != "blocked":
            understanding.require_editable(assignment, current_settings(tx)["gates"])
        if _is_news(tx, assignment, kind, text):
            _store_report(tx, module, assignment, actor, kind, text)
        return {"module": module_id, "report": kind, "status": module["status"], "agent": assignment["agent"]}

    result = context.transact("report", run)
    conflicts.refresh_conflicts(context)
    return result


_WORK = {"started": "in_progress", "progress": "in_progress", "blocked": "blocked", "done": "reported"}
"""The status of an assignment after each kind of report."""


def _is_news(tx: Transaction, assignment: Assignment, kind: str, text: str) -> bool:
    """Whether a report says more than the last one did: it also does when that was found wrong, or a poll waits."""
    last, is_asked = _last_report(tx, assignment), bool(poll_schedule.unanswered_polls(tx, assignment))
    stands = (assignment["status"],) if assignment["status"] not in HANDED_IN else HANDED_IN
    return last is None or (last["kind"], last["text"]) != (kind, text) or _WORK[kind] not in stands or is_asked


def _last_report(tx: Transaction, assignment: Assignment) -> Report | None:
    return tx.last(REPORT, task_uuid=assignment["task_uuid"])


def _store_report(
    tx: Transaction, module: Module, assignment: Assignment, actor: roles.Actor, kind: str, text: str
) -> None:
    assignment["status"] = _WORK[kind]
    module["status"] = "pending_verification" if kind == "done" else _WORK[kind]
    by = actor["agent"] or actor["role"]
    seq, number = tx.seq + 1, report_count(assignment) + 1
    contents: ReportContents = {"at": tx.at, "kind": kind, "by": by, "text": text}
    assignment["reported"] = {"number": number, "seq": seq, "at": tx.at, "kind": kind}
    poll_schedule.note_heard(tx, assignment, tx.at, "report", poll_schedule.polling_times(current_settings(tx)))
    tx.put(MODULE, module)
    tx.emit("ModuleReported", module=module["id"], agent=assignment["agent"], report=kind, text=text)
    tx.put(ASSIGNMENT, assignment)
    tx.put(REPORT, new_report(task_uuid=assignment["task_uuid"], seq=seq, number=number, contents=contents))
