"""Which session leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Workflow
    from atlas.core.results.orchestration import LeadResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def take_lead(context: Context, only_show: bool = False) -> LeadResult:
    """Make the calling session the lead, and say who led before. From a plain terminal it only says who leads."""

    def show(tx: Transaction, actor: Actor) -> LeadResult:
        workflow = _any_workflow(tx)
        return {"lead": workflow["lead"], "since": workflow["lead_since"], "before": workflow["lead"], "taken": False}

    def take(tx: Transaction, actor: Actor) -> LeadResult:
        workflow = _any_workflow(tx)
        before, me = workflow["lead"], actor["session"]
        if before != me:
            workflow["lead"], workflow["lead_since"], workflow["lead_seq"] = me, tx.at, tx.seq + 1
            tx.put(WORKFLOW, workflow)
            tx.emit("LeadTaken", session=me)
        return {"lead": me, "since": workflow["lead_since"], "before": before, "taken": before != me}

    if only_show or not context.session:
        return context.read("lead", show)
    return context.transact("lead", take)


def _any_workflow(tx: Transaction) -> Workflow:
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError('there is nothing to lead yet: begin with atlas plan "GOAL"')
    return workflow
