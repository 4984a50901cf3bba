"""The plan phase: how the plan stands, and the states of the workflow while it is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atlas.core.errors import AtlasError
from atlas.core.following.attendance import pause_in_force
from atlas.core.records.kinds import WORKFLOW
from atlas.core.records.plan import PLANNING, Workflow

from .document import PlanDocument

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.plan import PlanStatusResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def plan_status(context: Context) -> PlanStatusResult:
    """The plan as it is now. Raises AtlasError when the project is not in the plan phase."""

    def run(tx: Transaction, actor: Actor) -> PlanStatusResult:
        workflow = planning_workflow(tx)
        plan = read_document(tx)
        paused = pause_in_force(workflow["paused"], tx.at)
        result: Any = {**plan.front, "lead": workflow["lead"], "paused": paused, "problems": plan.problems()}
        status: PlanStatusResult = result
        return status

    return context.read("plan-status", run)


def planning_workflow(tx: Transaction) -> Workflow:
    """The workflow while it is being planned. Raises AtlasError otherwise."""
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError('not in the plan phase: begin with atlas plan "GOAL"')
    if workflow["phase"] != PLANNING:
        raise AtlasError("not in the plan phase: the orchestration has begun, change modules with `atlas modify`")
    return workflow


def read_document(tx: Transaction) -> PlanDocument:
    """The plan as it is in its file. Raises AtlasError when the file is missing or damaged."""
    if tx.plan is None:
        raise AtlasError("the plan file is missing: `atlas doctor --repair` restores it")
    return PlanDocument(tx.plan)


def enter_status(workflow: Workflow, status: str, at: str, verb: str) -> None:
    """Give the workflow a status, and note the transition when it had another one."""
    if workflow["status"] != status:
        workflow["status"] = status
        workflow["transitions"].append({"to": status, "at": at, "verb": verb})
