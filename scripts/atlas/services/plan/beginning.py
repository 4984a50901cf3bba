"""Beginning a plan for a goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import MISSION, WORKFLOW
from atlas.core.records.plan import PLANNING, Workflow, new_mission, new_workflow

from .clearance import clear_tables
from .document import PlanDocument

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.plan import PlanResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def start_plan(context: Context, goal: str, abandon: bool = False) -> PlanResult:
    """Begin a plan for a goal. Starting again with the same goal changes nothing.

    Raises AtlasError when the goal is blank, or another orchestration is unfinished and is not to be abandoned.
    """
    goal = goal.strip()
    if not goal:
        raise AtlasError('the goal is empty: say what is to be built, e.g. atlas plan "Build a REST API"')

    def run(tx: Transaction, actor: Actor) -> PlanResult:
        workflow = tx.only(WORKFLOW)
        if workflow is not None and workflow["status"] != "complete" and not abandon:
            return _already_planning(tx, workflow, goal)
        clear_tables(tx)
        plan_id = _plan_id(tx.at, workflow)
        tx.put(MISSION, new_mission(id=plan_id, goal=goal, created_at=tx.at))
        tx.put(WORKFLOW, new_workflow(id=plan_id, lead=actor["session"], created_at=tx.at, seq=tx.seq + 1))
        tx.put_plan(PlanDocument.new(plan_id, goal, tx.at).data)
        tx.emit("PlanBegun", plan=plan_id, text=goal)
        return {"plan_id": plan_id, "goal": goal, "created": True, "plan_file": context.project.plan}

    return context.transact("plan", run)


def _already_planning(tx: Transaction, workflow: Workflow, goal: str) -> PlanResult:
    mission = tx.only(MISSION)
    if mission is not None and mission["goal"] == goal and workflow["phase"] == PLANNING:
        return {"plan_id": workflow["plan_id"], "goal": goal, "created": False, "plan_file": ""}
    raise AtlasError(
        f"{workflow['plan_id']} is {workflow['status']}: finish it, or give it up with `atlas plan --abandon GOAL`"
    )


def _plan_id(at: str, previous: Workflow | None) -> str:
    """`plan-YYYYMMDD-HHMMSS`, never that of the plan before, even within the same second."""
    plan_id = "plan-" + clock.compact_time(at)
    if previous is not None and plan_id <= previous["plan_id"]:
        return _plan_id(clock.add_seconds(at, 1), previous)
    return plan_id
