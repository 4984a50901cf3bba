"""How the verification of an assignment stands, and what every step of it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.records.kinds import ASSIGNMENT, MODULE
from atlas.core.records.message import INSTRUCTION_VERIFICATION
from atlas.core.records.team import AI, HUMAN
from atlas.core.records.transitions import HANDED_IN, LIVE
from atlas.core.records.whole import whole_verification
from atlas.core.rules import roles, understanding
from atlas.core.verbs import ATLAS
from atlas.services.assignments import assignments
from atlas.services.messages.mailbox import post_message
from atlas.services.project.phases import orchestration_workflow
from atlas.services.project.settings import current_settings

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.results.understanding import Standing, Verifications
    from atlas.services.project.context import Context

LONGEST_TEXT = 20_000
LONGEST_WORDS = 4_000


def understanding_status(context: Context, module_id: str | None) -> Verifications:
    """How the verification of every live assignment of an AI agent stands, or only that of a module's.

    Raises AtlasError when nobody has that module.
    """

    def run(tx: Transaction, actor: roles.Actor) -> Verifications:
        orchestration_workflow(tx)
        if module_id is not None:
            return {"verifications": [understanding_result(tx, *assignments.live_assignment(tx, module_id))]}
        live = tx.where(ASSIGNMENT, status=LIVE, agent_type=AI)
        return {"verifications": [understanding_result(tx, tx.need(MODULE, a["module"]), a) for a in live]}

    return context.read("verify-instructions", run)


def reopen_understanding(tx: Transaction, module: Module, assignment: Assignment) -> bool:
    """Have an agent repeat a task that was changed. Returns whether it has begun, at least to say what it will do,
    and so is to be stopped.

    What it has reported as done is in work again.
    """
    verification = assignment["instruction_verification"]
    begun = verification["attempts"] > 0 or understanding.may_edit(assignment, current_settings(tx)["gates"])
    status = "in_progress" if assignment["status"] in HANDED_IN else assignment["status"]
    if status != assignment["status"]:
        tx.patch(MODULE, module, status=status)
    anew = understanding.reopen_verification(verification)
    tx.patch(ASSIGNMENT, assignment, status=status, instruction_verification=anew)
    return begun


def tell_agent(tx: Transaction, assignment: Assignment, subject: str, body: str) -> None:
    """Tell an agent something about its instructions."""
    kind, task_uuid = INSTRUCTION_VERIFICATION, assignment["task_uuid"]
    by = ATLAS if (tx.actor or {}).get("agent") == assignment["agent"] else None
    post_message(tx, assignment["agent"], subject, body, kind=kind, priority="high", task_uuid=task_uuid, sender=by)


def note_sign_of_life(tx: Transaction, assignment: Assignment) -> None:
    """Put an assignment whose agent has just said something of its instructions."""
    times = poll_schedule.polling_times(current_settings(tx))
    poll_schedule.note_heard(tx, assignment, tx.at, "verification", times)
    tx.put(ASSIGNMENT, assignment)


def understanding_result(tx: Transaction, module: Module, assignment: Assignment) -> Standing:
    """How the verification of an assignment stands."""
    verification = whole_verification(tx, assignment)
    return {
        "module": module["id"],
        "agent": assignment["agent"],
        "task_uuid": assignment["task_uuid"],
        "verification": verification,
        "waits_for": understanding.waits_for(assignment["instruction_verification"]),
        "criteria": understanding.criteria_by_id(module),
        "returned": understanding.gave_up(assignment),
        "attempts_left": understanding.MOST_ATTEMPTS - verification["attempts"],
    }


def require_ai(assignment: Assignment) -> None:
    """Raise AtlasError for an assignment of a person."""
    if assignment["agent_type"] == HUMAN:
        raise AtlasError(f"{assignment['agent']} is a person: people need no authorisation, talk to them")
