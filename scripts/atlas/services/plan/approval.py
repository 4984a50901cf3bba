"""The approval of a plan: what stands in its way, and what may be started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW
from atlas.core.records.plan import PLANNING, Workflow

from .plan import enter_status, planning_workflow, read_document

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.plan import ApproveResult, CheckPlanResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

    from .document import PlanDocument


def approve_plan(context: Context, dry_run: bool = False) -> ApproveResult:
    """Close the plan phase, or with `dry_run` only say whether it could be. Raises AtlasError naming every problem."""

    def run(tx: Transaction, actor: Actor) -> ApproveResult:
        workflow = planning_workflow(tx)
        plan = read_document(tx)
        problems = plan.problems()
        if problems:
            raise AtlasError("the plan cannot be approved: " + "; ".join(problems))
        result: ApproveResult = {
            "plan_id": plan.front["plan_id"],
            "modules": len(plan.modules),
            "dry_run": dry_run,
            "base": None,
        }
        if dry_run or (plan.complete and workflow["plan_sha"] == plan.digest):
            return result
        plan.front.update(status="approved", plan_phase_complete=True, requirements_complete=True, goal_locked=True)
        enter_status(workflow, "approved", tx.at, "approve")
        workflow["plan_sha"] = plan.digest
        tx.put(WORKFLOW, workflow)
        tx.put_plan(plan.data)
        tx.emit("PlanApproved", plan=result["plan_id"], modules=result["modules"])
        return result

    return context.transact("approve", run)


def check_plan(context: Context) -> CheckPlanResult:
    """Whether the plan phase is over: `complete`, and the reasons why not. Without a plan phase it is over."""

    def run(tx: Transaction, actor: Actor) -> CheckPlanResult:
        workflow = tx.only(WORKFLOW)
        if workflow is None or workflow["phase"] != PLANNING:
            return {"in_phase": False, "complete": True, "reasons": []}
        plan = read_document(tx)
        reasons = plan.problems() or ([] if plan.complete else ["the plan is not approved: atlas approve"])
        return {"in_phase": True, "complete": not reasons, "reasons": reasons}

    if not context.store.exists():
        return {"in_phase": False, "complete": True, "reasons": []}
    return context.read("check-plan", run)


def approved_document(tx: Transaction, workflow: Workflow) -> PlanDocument:
    """The plan that may be started. Raises AtlasError when it is not approved, or was changed since."""
    plan = read_document(tx)
    if not plan.complete:
        raise AtlasError("the plan phase is not complete (plan_phase_complete is false): run `atlas approve` first")
    if workflow["plan_sha"] not in (None, plan.digest):
        raise AtlasError("the plan was changed after its approval: run `atlas approve` again")
    problems = plan.problems()
    if problems:
        raise AtlasError("the plan cannot be started: " + "; ".join(problems))
    return plan
