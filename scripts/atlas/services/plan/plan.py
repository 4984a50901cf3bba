"""The plan phase: from a goal to an approved plan."""

from __future__ import annotations

from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock, ids
from atlas.core.errors import AtlasError
from atlas.core.following.attendance import in_force
from atlas.core.records.kinds import ASSIGNMENT, KINDS, MISSION, MODULE, SESSION, SETTINGS, WORKFLOW, WORKSPACE
from atlas.core.records.plan import PLANNING, Workflow, new_mission, new_workflow
from atlas.core.records.transitions import LIVE
from atlas.core.results.plan import ApproveResult, CheckPlanResult, PlanResult, PlanStatusResult, RequirementResult
from atlas.core.rules import edits
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context

from .document import PlanDocument


def start(context: Context, goal: str, abandon: bool = False) -> PlanResult:
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
        _clear(tx)
        plan_id = _plan_id(tx.at, workflow)
        tx.put(MISSION, new_mission(id=plan_id, goal=goal, created_at=tx.at))
        tx.put(WORKFLOW, new_workflow(id=plan_id, lead=actor["session"], created_at=tx.at))
        tx.put_plan(PlanDocument.new(plan_id, goal, tx.at).data)
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
    plan_id = "plan-" + clock.compact(at)
    if previous is not None and plan_id <= previous["plan_id"]:
        return _plan_id(clock.later(at, 1), previous)
    return plan_id


def _clear(tx: Transaction) -> None:
    """Empty the tables for the next orchestration; the history keeps what was in them. Sessions stay known."""
    _end_work(tx)
    for session in tx.all(SESSION):
        tx.patch(SESSION, session, agent=None)
    _leave_workspaces(tx)
    for kind in KINDS.values():
        if kind not in (SESSION, SETTINGS, WORKSPACE):
            for record in tx.all(kind):
                tx.delete(kind, kind.id_of(record))


def _leave_workspaces(tx: Transaction) -> None:
    """Those that still lie there stay known, so that they can be removed without losing anything."""
    for workspace in tx.all(WORKSPACE):
        if workspace["removed_at"] is not None:
            tx.delete(WORKSPACE, workspace["name"])
        else:
            status = "merged" if workspace["status"] == "merged" else "abandoned"
            tx.patch(WORKSPACE, workspace, status=status, module=None, agent=None, task_uuid=None, conflicts={})


def _end_work(tx: Transaction) -> None:
    for assignment in tx.where(ASSIGNMENT, status=LIVE):
        tx.patch(ASSIGNMENT, assignment, status="released", ended_at=tx.at)
    for module in tx.all(MODULE):
        if module["status"] not in ("pending", "complete"):
            tx.patch(MODULE, module, status="pending", assigned_to=None, task_uuid=None)


def status(context: Context) -> PlanStatusResult:
    """The plan as it is now. Raises AtlasError when the project is not in the plan phase."""

    def run(tx: Transaction, actor: Actor) -> PlanStatusResult:
        workflow = planning(tx)
        plan = _document(tx)
        paused = in_force(workflow["paused"], tx.at)
        result: Any = {**plan.front, "lead": workflow["lead"], "paused": paused, "problems": plan.problems()}
        status: PlanStatusResult = result
        return status

    return context.read("plan-status", run)


def add_module(context: Context, name: str, priority: str, edit: edits.Edit) -> RequirementResult:
    """Add a module to the plan; its id is the slug of its name. Raises AtlasError when that id is taken."""

    def run(tx: Transaction, actor: Actor) -> RequirementResult:
        plan = _editable(tx)
        module = new_module(name, priority, edit)
        if any(other["id"] == module["id"] for other in plan.modules):
            raise AtlasError(f"the plan has a module {module['id']!r} already: modify it, or choose another name")
        plan.modules.append(module)
        return _save(tx, plan, "add", module, [f"added {module['name']}"])

    return context.transact("requirement", run)


def new_module(name: str, priority: str, edit: edits.Edit) -> dict[str, Any]:
    """The fields of a new module as the plan holds them."""
    module: dict[str, Any] = {
        "id": ids.slug(name),
        "name": " ".join(name.split()),
        "description": "",
        "priority": priority,
        "status": "pending",
        "acceptance_criteria": [],
        "dependencies": [],
        "checks": [],
        "scope": [],
    }
    edits.apply(module, edit)
    return module


def modify_module(context: Context, module_id: str, edit: edits.Edit) -> RequirementResult:
    """Change a module of the plan. Raises AtlasError when there is no such module or nothing would change."""

    def run(tx: Transaction, actor: Actor) -> RequirementResult:
        plan = _editable(tx)
        module = plan.module(module_id)
        return _save(tx, plan, "modify", module, edits.apply(module, edit))

    return context.transact("requirement", run)


def remove_module(context: Context, module_id: str) -> RequirementResult:
    """Take a module out of the plan. Raises AtlasError while another one depends on it."""

    def run(tx: Transaction, actor: Actor) -> RequirementResult:
        plan = _editable(tx)
        module = plan.module(module_id)
        users = [other["id"] for other in plan.modules if module_id in other["dependencies"]]
        if users:
            raise AtlasError(f"{module_id} cannot be removed: {', '.join(users)} depends on it")
        plan.modules.remove(module)
        return _save(tx, plan, "remove", module, [f"removed {module['name']}"])

    return context.transact("requirement", run)


def _save(
    tx: Transaction, plan: PlanDocument, action: str, module: dict[str, Any], changes: list[str]
) -> RequirementResult:
    if changes:
        plan.note(tx.at, action, module["id"], "; ".join(changes))
        tx.put_plan(plan.data)
        workflow = planning(tx)
        enter(workflow, "drafting", tx.at, "requirement")
        workflow["plan_sha"] = None
        tx.put(WORKFLOW, workflow)
    planned: Any = module
    return {"module": planned, "changes": changes, "modules": len(plan.modules)}


def approve(context: Context, dry_run: bool = False) -> ApproveResult:
    """Close the plan phase, or with `dry_run` only say whether it could be. Raises AtlasError naming every problem."""

    def run(tx: Transaction, actor: Actor) -> ApproveResult:
        workflow = planning(tx)
        plan = _document(tx)
        problems = plan.problems()
        if problems:
            raise AtlasError("the plan cannot be approved: " + "; ".join(problems))
        result: ApproveResult = {"plan_id": plan.front["plan_id"], "modules": len(plan.modules), "dry_run": dry_run}
        if dry_run or (plan.complete and workflow["plan_sha"] == plan.digest):
            return result
        plan.front.update(status="approved", plan_phase_complete=True, requirements_complete=True, goal_locked=True)
        enter(workflow, "approved", tx.at, "approve")
        workflow["plan_sha"] = plan.digest
        tx.put(WORKFLOW, workflow)
        tx.put_plan(plan.data)
        return result

    return context.transact("approve", run)


def check(context: Context) -> CheckPlanResult:
    """Whether the plan phase is over: `complete`, and the reasons why not. Without a plan phase it is over."""

    def run(tx: Transaction, actor: Actor) -> CheckPlanResult:
        workflow = tx.only(WORKFLOW)
        if workflow is None or workflow["phase"] != PLANNING:
            return {"in_phase": False, "complete": True, "reasons": []}
        plan = _document(tx)
        reasons = plan.problems() or ([] if plan.complete else ["the plan is not approved: atlas approve"])
        return {"in_phase": True, "complete": not reasons, "reasons": reasons}

    if not context.store.exists():
        return {"in_phase": False, "complete": True, "reasons": []}
    return context.read("check-plan", run)


def planning(tx: Transaction) -> Workflow:
    """The workflow while it is being planned. Raises AtlasError otherwise."""
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError('not in the plan phase: begin with atlas plan "GOAL"')
    if workflow["phase"] != PLANNING:
        raise AtlasError("not in the plan phase: the orchestration has begun, change modules with `atlas modify`")
    return workflow


def approved_document(tx: Transaction, workflow: Workflow) -> PlanDocument:
    """The plan that may be started. Raises AtlasError when it is not approved, or was changed since."""
    plan = _document(tx)
    if not plan.complete:
        raise AtlasError("the plan phase is not complete (plan_phase_complete is false): run `atlas approve` first")
    if workflow["plan_sha"] not in (None, plan.digest):
        raise AtlasError("the plan was changed after its approval: run `atlas approve` again")
    problems = plan.problems()
    if problems:
        raise AtlasError("the plan cannot be started: " + "; ".join(problems))
    return plan


def _document(tx: Transaction) -> PlanDocument:
    if tx.plan is None:
        raise AtlasError("the plan file is missing: `atlas doctor --repair` restores it")
    return PlanDocument(tx.plan)


def _editable(tx: Transaction) -> PlanDocument:
    planning(tx)
    return _document(tx)


def enter(workflow: Workflow, status: str, at: str, verb: str) -> None:
    """Give the workflow a status, and note the transition when it had another one."""
    if workflow["status"] != status:
        workflow["status"] = status
        workflow["transitions"].append({"to": status, "at": at, "verb": verb})
