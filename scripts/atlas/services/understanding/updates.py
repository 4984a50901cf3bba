"""Changes of the instructions during the work, as lists: all of a module's, and those that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.records.kinds import ASSIGNMENT
from atlas.core.records.transitions import LIVE
from atlas.core.rules import roles
from atlas.core.rules import updates as update_rules
from atlas.services.assignments.assignments import live_assignment
from atlas.services.project.phases import orchestration_workflow

from .update_steps import note_receipt

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment, Update
    from atlas.core.results.updates import UpdateLine, Updates
    from atlas.services.project.context import Context


def update_history(context: Context, module_id: str) -> Updates:
    """Every update of a module, of whoever had it. Raises AtlasError when there is no such module."""

    def run(tx: Transaction, actor: roles.Actor) -> Updates:
        orchestration_workflow(tx)
        found = tx.where(ASSIGNMENT, module=module_id)
        if not found:
            live_assignment(tx, module_id)
        return {"updates": [_update_line(tx, a, update) for a in found for update in a["instruction_updates"]]}

    return context.read("update", run)


def pending_updates(context: Context) -> Updates:
    """Every open update of the live assignments, with its next step."""

    def run(tx: Transaction, actor: roles.Actor) -> Updates:
        orchestration_workflow(tx)
        live = tx.where(ASSIGNMENT, status=LIVE)
        lines = [_update_line(tx, a, update) for a in live for update in update_rules.open_updates(a)]
        return {"updates": [line for line in lines if line["next"]]}

    return context.read("update", run)


def _update_line(tx: Transaction, assignment: Assignment, update: Update) -> UpdateLine:
    note_receipt(tx, update)
    return {
        "agent": assignment["agent"],
        "module": assignment["module"],
        "next": update_rules.next_step(update),
        **update,
    }
