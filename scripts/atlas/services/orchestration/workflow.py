"""The orchestration as a whole: starting it, who leads it, how it stands, and when it is over."""

from __future__ import annotations

from typing import Any

from atlas.adapters.git import git
from atlas.adapters.store.transaction import Transaction
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.following import attendance, poll_schedule
from atlas.core.paths import EXEC_FILE
from atlas.core.records.kinds import (
    AGENT,
    ASSIGNMENT,
    DISCOVERY,
    LIVE,
    MESSAGE,
    MODULE,
    SESSION,
    WORKFLOW,
    WORKSPACE,
    Assignment,
    Discovery,
    Module,
    Workflow,
)
from atlas.core.rules import graph, understanding
from atlas.core.rules.roles import Actor
from atlas.services.integration import branch, conflicts
from atlas.services.plan.plan import approved_document, enter, planning
from atlas.services.project.context import Context, orchestration
from atlas.services.sessions import watchdog
from atlas.services.workspaces import tools_script

Result = dict[str, Any]
_LATEST = 5


def start(context: Context, integration_branch: str | None = None) -> Result:
    """Begin executing the approved plan, on the integration branch of that name. Starting again changes nothing.

    The session it is called from becomes the lead, unless another one leads already.
    Raises AtlasError when the plan phase is not complete, or the branch cannot be used.
    """
    chosen = branch.choose(context.project.root, integration_branch)

    def run(tx: Transaction, actor: Actor) -> Result:
        workflow = tx.only(WORKFLOW)
        if workflow is not None and workflow["phase"] == "orchestration":
            return _started(workflow, tx, created=False)
        workflow = planning(tx)
        plan = approved_document(tx, workflow)
        if workflow["status"] == "drafting":  # a person wrote `plan_phase_complete: true` into the plan
            enter(workflow, "approved", tx.at, "start")
            tx.put(WORKFLOW, workflow)
        for planned in plan.modules:
            tx.put(MODULE, module_record(planned))
        workflow["phase"], workflow["status"], workflow["started_at"] = "orchestration", "executing", tx.at
        workflow["integration_branch"], workflow["base_branch"] = chosen.branch, chosen.base_branch
        workflow["integration_commit"] = chosen.commit
        workflow["transitions"].append({"to": "executing", "at": tx.at, "verb": "start"})
        if workflow["lead"] is None and actor["session"]:
            workflow["lead"], workflow["lead_since"] = actor["session"], tx.at
        tx.put(WORKFLOW, workflow)
        return _started(workflow, tx, created=True)

    result = context.act("start", run)
    return {**result, "notes": _prepare(context, chosen) if result["created"] else []}


def _prepare(context: Context, chosen: branch.Choice) -> list[str]:
    """What follows from a start outside the store; what cannot be done is said, and done when it is needed."""
    notes = [chosen.note] if chosen.note else []
    try:
        if chosen.commit is not None:
            branch.ensure(context, "start")
        tools_script.write(context.project)
    except (AtlasError, OSError) as error:
        notes.append(str(error))
    return notes


def _started(workflow: Workflow, tx: Transaction, created: bool) -> Result:
    ready = [module["id"] for module in graph.ready(tx.all(MODULE))]
    return {
        "plan_id": workflow["plan_id"],
        "modules": tx.count(MODULE),
        "ready": ready,
        "lead": workflow["lead"],
        "created": created,
        "exec_file": EXEC_FILE,
        "integration_branch": workflow["integration_branch"],
    }


def module_record(planned: dict[str, Any]) -> Module:
    """The record of a module, from its fields in the plan."""
    return {
        "id": planned["id"],
        "name": planned["name"],
        "description": planned["description"],
        "status": "pending",
        "priority": planned["priority"],
        "acceptance_criteria": list(planned["acceptance_criteria"]),
        "dependencies": list(planned["dependencies"]),
        "checks": list(planned["checks"]),
        "scope": list(planned["scope"]),
        "assigned_to": None,
        "task_uuid": None,
        "github_issue": planned.get("github_issue"),
        "pr": None,
        "verification_loops": 0,
        "evidence": [],
    }


def settle(tx: Transaction, workflow: Workflow, verb: str) -> bool:
    """Close the workflow when every module is complete; returns whether it is."""
    done = all(module["status"] == "complete" for module in tx.all(MODULE))
    if done and workflow["status"] != "complete":
        workflow["status"], workflow["completed_at"] = "complete", tx.at
        workflow["transitions"].append({"to": "complete", "at": tx.at, "verb": verb})
        tx.put(WORKFLOW, workflow)
    return done


def lead(context: Context, only_show: bool = False) -> Result:
    """Make the calling session the lead, and say who led before. From a plain terminal it only says who leads."""

    def show(tx: Transaction, actor: Actor) -> Result:
        workflow = _any_workflow(tx)
        return {"lead": workflow["lead"], "since": workflow["lead_since"], "before": workflow["lead"], "taken": False}

    def take(tx: Transaction, actor: Actor) -> Result:
        workflow = _any_workflow(tx)
        before, me = workflow["lead"], actor["session"]
        if before != me:
            workflow["lead"], workflow["lead_since"] = me, tx.at
            tx.put(WORKFLOW, workflow)
        return {"lead": me, "since": workflow["lead_since"], "before": before, "taken": before != me}

    if only_show or not context.session:
        return context.look("lead", show)
    return context.act("lead", take)


def _any_workflow(tx: Transaction) -> Workflow:
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError('there is nothing to lead yet: begin with atlas plan "GOAL"')
    return workflow


def status(context: Context) -> Result:
    """Everything a board shows, after a look for conflicts. Raises AtlasError outside the orchestration phase."""
    trouble = conflicts.refresh(context)
    summary, watched = context.look("status", lambda tx, actor: (_summary(tx, actor), watchdog.watched(tx)))
    return {**summary, "conflicts_unknown": trouble, "unenforced": watchdog.unenforced(context.project, watched)}


def _summary(tx: Transaction, actor: Actor) -> Result:
    workflow = orchestration(tx)
    modules = tx.all(MODULE)
    agents = tx.all(AGENT)
    live = [a for a in tx.all(ASSIGNMENT) if a["status"] in LIVE]
    unsent = [m for m in tx.all(MESSAGE) if m["status"] in ("queued", "failed")]
    done = sum(module["status"] == "complete" for module in modules)
    return {
        "plan_id": workflow["plan_id"],
        "phase": workflow["phase"],
        "status": workflow["status"],
        "lead": workflow["lead"],
        "lead_since": workflow["lead_since"],
        "paused": attendance.in_force(workflow["paused"], tx.at),
        "stopped": attendance.stopped(workflow, tx.all(SESSION)),
        "unattended": attendance.unattended(workflow, tx.all(SESSION), live, tx.all(WORKSPACE)),
        "started_at": workflow["started_at"],
        "completed_at": workflow["completed_at"],
        "modules_completed": done,
        "modules_total": len(modules),
        "all_modules_complete": done == len(modules),
        "modules": modules,
        "ready": [module["id"] for module in graph.ready(modules)],
        "critical_path": graph.critical_path(modules),
        "agents": agents,
        "not_seen_yet": [a["id"] for a in agents if a["type"] == "ai" and a["last_seen"] is None],
        "active_assignments": live,
        "returned": _returned(tx, modules),
        "polls": [_poll_line(a, tx.at) for a in live if a["agent_type"] == "ai"],
        "unsent_messages": [{"id": m["id"], "to": m["to"], "error": m["error"]} for m in unsent],
        "discoveries": _discoveries(tx),
        "sessions": [s for s in tx.all(SESSION) if s["agent"]],
        "integration_branch": workflow["integration_branch"],
        "workspaces": [w for w in tx.all(WORKSPACE) if w["removed_at"] is None],
    }


def _returned(tx: Transaction, modules: list[Module]) -> list[Assignment]:
    """For each module that is back in the pool, since it was not understood, the assignment that ended so."""
    last = {assignment["module"]: assignment for assignment in tx.all(ASSIGNMENT)}
    waiting = (last.get(module["id"]) for module in modules if module["status"] == "pending")
    return [assignment for assignment in waiting if assignment is not None and understanding.gave_up(assignment)]


def _discoveries(tx: Transaction) -> list[Discovery]:
    """Those that somebody has not been given yet, and the latest of the others."""
    found = tx.all(DISCOVERY)
    latest = {discovery["id"] for discovery in found[-_LATEST:]}
    waiting = (d["id"] for d in found if any(recipient["status"] == "queued" for recipient in d["recipients"]))
    return [discovery for discovery in found if discovery["id"] in latest.union(waiting)]


def _poll_line(assignment: Assignment, now: str) -> Result:
    polling = assignment["progress_polling"]
    due = polling["next_poll_due"]
    return {
        "agent": assignment["agent"],
        "module": assignment["module"],
        "due": due,
        "overdue_seconds": max(0, clock.between(due, now)) if due else 0,
        "unanswered": len(poll_schedule.unanswered(polling)),
        "escalated_at": polling["escalated_at"],
        "heard": polling["heard"],
    }


def check(context: Context) -> Result:
    """Whether the orchestration is over: `complete`, and what is left. Outside the phase nothing is left."""

    def run(tx: Transaction, actor: Actor) -> Result:
        workflow = tx.only(WORKFLOW)
        if workflow is None or workflow["phase"] != "orchestration":
            return {"in_phase": False, "complete": True, "remaining": []}
        rest = [{"id": m["id"], "status": m["status"]} for m in tx.all(MODULE) if m["status"] != "complete"]
        return {"in_phase": True, "complete": not rest, "remaining": rest}

    if not context.store.exists():
        return {"in_phase": False, "complete": True, "remaining": []}
    return context.look("check", run)


def require_clean(folder: str, untracked: bool = True) -> str:
    """The commit checked out in `folder`.

    Raises AtlasError when there is none, or when there are uncommitted changes (new files among them, if `untracked`).
    """
    commit = git.head(folder)
    changed = git.changes(folder, untracked)
    if changed:
        paths = ", ".join(line[3:] for line in changed[:3]) + (f" and {len(changed) - 3} more" if changed[3:] else "")
        raise AtlasError(f"{folder} has uncommitted changes ({paths}): commit or stash them first")
    return commit
