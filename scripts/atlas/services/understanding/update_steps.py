"""One step of one update: found, done, and what came of it. That a hook showed it is its receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.records.assignment import Assignment, Update
from atlas.core.records.kinds import ASSIGNMENT, DISCOVERY
from atlas.core.records.plan import Module
from atlas.core.rules import roles
from atlas.core.rules import updates as policy
from atlas.services.assignments.assignments import live_assignment
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings

if TYPE_CHECKING:
    from atlas.core.results.updates import UpdateStep
    from atlas.services.project.context import Context

Change = Callable[[Transaction, Module, Assignment, Update], None]
"""Changes an update of an assignment in place, and says what is to be said of it."""
LONGEST = 20_000
LONGEST_WORDS = 4000


def change_update(context: Context, verb: str, module_id: str, update_id: str | None, change: Change) -> UpdateStep:
    """Carry out a step for an update, the only open one unless it is named."""

    def run(tx: Transaction, actor: roles.Actor) -> UpdateStep:
        executing_workflow(tx)
        module, assignment = live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        update = policy.find_update(assignment, update_id)
        known = update["received_at"], update["answers"]
        note_receipt(tx, update)
        before = dict(update)
        change(tx, module, assignment, update)
        if actor["role"] == roles.WORKER and before != update:
            poll_schedule.note_heard(tx, assignment, tx.at, "update", poll_schedule.polling_times(current_settings(tx)))
        _emit_answer(tx, assignment, update, known)
        tx.put(ASSIGNMENT, assignment)
        return update_result(assignment, update)

    return context.transact(verb, run)


def _emit_answer(tx: Transaction, assignment: Assignment, update: Update, known: tuple[Any, Any]) -> None:
    """Say how far an update has come by the agent's word: assessed, or only received."""
    about = {"module": assignment["module"], "agent": assignment["agent"], "update": update["id"]}
    if update["answers"] != known[1]:
        tx.emit("UpdateAssessed", **about, status=update["status"])
    elif update["received_at"] != known[0]:
        tx.emit("UpdateReceived", **about, status=update["status"])


def note_receipt(tx: Transaction, update: Update) -> None:
    """A hook that showed the update to the agent's model left a receipt: no word of the agent is needed for that."""
    word = tx.get(DISCOVERY, update["told"])
    shown = [one["delivered_at"] for one in word["recipients"] if one["status"] == "delivered"] if word else []
    if shown and update["received_at"] is None:
        policy.receive_update(update, str(shown[0]))


def update_result(assignment: Assignment, update: Update) -> UpdateStep:
    """An update as it stands, and what comes next."""
    step = policy.next_step(update)
    return {
        "module": assignment["module"],
        "agent": assignment["agent"],
        "update": update,
        "next": step,
        "how": policy.describe_next(assignment["module"], update) if step else None,
    }


def require_text(text: str, most: int, what: str) -> None:
    """Raise AtlasError when a text is blank or too long."""
    if not text.strip() or len(text) > most:
        raise AtlasError(f"{what} has {len(text.strip())} characters: give 1 to {most}")
