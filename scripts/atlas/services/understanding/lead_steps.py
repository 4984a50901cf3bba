"""A step of the lead's in the verification of one assignment, and which comes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE
from atlas.core.records.plan import Module
from atlas.core.records.transitions import LIVE
from atlas.core.rules import roles, understanding
from atlas.services.project.phases import executing_workflow

from .verification import require_ai, understanding_result

if TYPE_CHECKING:
    from atlas.core.results.understanding import VerificationStep
    from atlas.services.project.context import Context

Change = Callable[[Transaction, Module, Assignment], bool]
"""A step for an assignment; returns whether anything was changed."""
NEXT_STEP = {
    understanding.JUDGE: "confirm or correct it: atlas verify-instructions record-repetition {0} --correct",
    understanding.ANSWER: "answer its questions: atlas answer {0} TEXT",
    understanding.AUTHORIZE: "authorise it: atlas verify-instructions authorize {0}",
    understanding.NOTHING: "it is authorised",
}


def take_step(context: Context, target: str, module_id: str | None, change: Change) -> VerificationStep:
    """Carry out a step of the lead's for the assignment that `target` stands for."""

    def run(tx: Transaction, actor: roles.Actor) -> VerificationStep:
        executing_workflow(tx)
        module, assignment = _find_assignment(tx, target, module_id)
        require_ai(assignment)
        changed = change(tx, module, assignment)
        return {**understanding_result(tx, module, tx.need(ASSIGNMENT, assignment["task_uuid"])), "changed": changed}

    return context.transact("verify-instructions", run)


def _find_assignment(tx: Transaction, target: str, module_id: str | None) -> tuple[Module, Assignment]:
    """The live assignment that the id of an agent or a module stands for. Raises AtlasError unless there is one."""
    named = [a for a in tx.where(ASSIGNMENT, status=LIVE) if target in (a["agent"], a["module"])]
    chosen = [a for a in named if module_id in (None, a["module"])]
    if len(chosen) == 1:
        return tx.need(MODULE, chosen[0]["module"]), chosen[0]
    if tx.get(AGENT, target) is None and tx.get(MODULE, target) is None:
        raise AtlasError(f"{target[:80]!r} is neither an agent nor a module: `atlas status` shows both")
    which = ", ".join(sorted(a["module"] for a in named)) or "none"
    raise AtlasError(f"{target} stands for {len(chosen)} assignments (modules: {which}): say which with --module")
