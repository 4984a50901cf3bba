"""Giving modules to agents, taking them back, and what agents report of them."""

from __future__ import annotations

import os
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock, wording
from atlas.core.errors import AtlasError
from atlas.core.model import AGENT, ASSIGNMENT, MODULE, WORKSPACE, Agent, Assignment, Module, Verification, Workspace
from atlas.core.policy import graph, roles

from . import conflicts
from .context import Context, executing
from .messages import post, withdraw_held
from .workspace_places import of_task

Result = dict[str, Any]
POLL_SECONDS = 15 * 60
_LONGEST_REPORT = 20_000


def assign(context: Context, module_id: str, agent_id: str, force: bool = False) -> Result:
    """Give a pending module to a registered agent, without a workspace; the same again changes nothing.

    Raises AtlasError when module or agent is unknown, the module is not pending, or (unless `force`) a module that it
    depends on is not complete.
    """

    def run(tx: Transaction, actor: roles.Actor) -> Result:
        result = give_pending(tx, module_id, agent_id, force)
        if result["created"]:
            announce(tx, result["assignment"])
        return result

    return context.act("assign", run)


def give_pending(tx: Transaction, module_id: str, agent_id: str, force: bool) -> Result:
    """The assignment of a pending module, not yet announced. Raises what `assign` raises."""
    executing(tx)
    module, agent = tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
    if module["assigned_to"] == agent_id and module["status"] != "complete":
        return _result(module, agent, _live(tx, module), created=False)
    if module["status"] != "pending":
        raise AtlasError(
            f"{module_id} is {module['status']}, not pending: {module['assigned_to']} has it, see `atlas reassign`"
        )
    blocking = graph.blockers(module, _complete(tx, module))
    if blocking and not force:
        raise AtlasError(f"{module_id} depends on {', '.join(blocking)}, not complete yet: wait, or use --force")
    return _result(module, agent, _give(tx, module, agent), created=True)


def _complete(tx: Transaction, module: Module) -> set[str]:
    needed = (tx.get(MODULE, other) for other in module["dependencies"])
    return {other["id"] for other in needed if other is not None and other["status"] == "complete"}


def _result(module: Module, agent: Agent, assignment: Assignment, created: bool) -> Result:
    return {"module": module["id"], "agent": agent["id"], "assignment": assignment, "created": created}


def _give(tx: Transaction, module: Module, agent: Agent) -> Assignment:
    task_uuid = f"task-{os.urandom(6).hex()}"
    human = agent["type"] == "human"
    verification: Verification = {
        "status": "verified" if human else "awaiting_repetition",
        "repetition_received": False,
        "repetition_correct": False,
        "questions_asked": 0,
        "questions_answered": 0,
        "authorized_at": tx.at if human else None,
    }
    assignment: Assignment = {
        "task_uuid": task_uuid,
        "agent": agent["id"],
        "agent_type": agent["type"],
        "module": module["id"],
        "github_issue": module["github_issue"],
        "assigned_at": tx.at,
        "status": "assigned",
        "ended_at": None,
        "instruction_verification": verification,
        "progress_polling": {
            "last_poll": None,
            "poll_count": 0,
            "next_poll_due": None if human else clock.later(tx.at, POLL_SECONDS),
            "poll_history": [],
        },
        "instruction_updates": [],
        "reports": [],
    }
    tx.patch(MODULE, module, status="assigned", assigned_to=agent["id"], task_uuid=task_uuid)
    tx.put(ASSIGNMENT, assignment)
    return assignment


def announce(tx: Transaction, assignment: Assignment, folder: str | None = None, held: bool = False) -> None:
    """Tell an AI agent of its task, and of the `folder` to work in; `held` back until that is ready."""
    if assignment["agent_type"] == "ai":
        module, task_uuid = tx.need(MODULE, assignment["module"]), assignment["task_uuid"]
        subject, body = wording.task_subject(module, task_uuid), wording.task_body(module, task_uuid, folder)
        post(tx, assignment["agent"], subject, body, kind="task_assignment", task_uuid=task_uuid, held=held)


def _live(tx: Transaction, module: Module) -> Assignment:
    """The live assignment of a module. Raises AtlasError when nobody has it."""
    if module["task_uuid"] is None:
        raise AtlasError(f"{module['id']} is {module['status']}: nobody has it, assign it first")
    return tx.need(ASSIGNMENT, module["task_uuid"])


def live_assignment(tx: Transaction, module_id: str) -> tuple[Module, Assignment]:
    """A module and its live assignment. Raises AtlasError when there is no such module, or nobody works on it."""
    module = tx.need(MODULE, module_id)
    if module["status"] == "complete":
        raise AtlasError(f"{module_id} is complete")
    return module, _live(tx, module)


def release(tx: Transaction, assignment: Assignment) -> None:
    """End an assignment without completion."""
    tx.patch(ASSIGNMENT, assignment, status="released", ended_at=tx.at)


def give_back(tx: Transaction, assignment: Assignment) -> None:
    """End an assignment whose module is to be given to somebody anew."""
    release(tx, assignment)
    withdraw_held(tx, assignment["task_uuid"])
    module = tx.need(MODULE, assignment["module"])
    tx.patch(MODULE, module, status="pending", assigned_to=None, task_uuid=None)


def tell_stop(tx: Transaction, assignment: Assignment) -> None:
    """Tell an AI agent that an assignment is no longer its own."""
    if assignment["agent_type"] == "ai":
        module, task_uuid = tx.need(MODULE, assignment["module"]), assignment["task_uuid"]
        subject, body = wording.stop_subject(module, task_uuid), wording.stop_body(module)
        post(tx, assignment["agent"], subject, body, priority="high", task_uuid=task_uuid)


def reassign(context: Context, module_id: str, agent_id: str, force: bool = False) -> Result:
    """Take a module from its agent and give it to another, without a workspace; verification begins anew.

    Raises AtlasError when nobody has the module, it is the same agent, or work on it has begun (unless `force`).
    """

    def run(tx: Transaction, actor: roles.Actor) -> Result:
        result = take_over(tx, module_id, agent_id, force)
        announce(tx, result["assignment"])
        return result

    return context.act("reassign", run)


def take_over(tx: Transaction, module_id: str, agent_id: str, force: bool) -> Result:
    """The assignment of a module that was another agent's, not yet announced; that one is told to stop.

    Its workspace is left as it is. Raises what `reassign` raises.
    """
    executing(tx)
    new = tx.need(AGENT, agent_id)
    module, old = live_assignment(tx, module_id)
    if old["agent"] == agent_id:
        raise AtlasError(f"{module_id} is {agent_id}'s already")
    if module["status"] != "assigned" and not force:
        raise AtlasError(f"{module_id} is {module['status']}: work has begun; use --force to take it away")
    left = _leave(tx, old)
    release(tx, old)
    withdraw_held(tx, old["task_uuid"])
    tell_stop(tx, old)
    return {**_result(module, new, _give(tx, module, new), created=True), "before": old["agent"], "left": left}


def _leave(tx: Transaction, assignment: Assignment) -> Workspace | None:
    """Give up the workspace of an assignment that ends. Raises AtlasError while it is being merged."""
    workspace = of_task(tx, assignment["task_uuid"])
    if workspace is None:
        return None
    if workspace["status"] == "merging":
        raise AtlasError(f"the work on {assignment['module']} is being merged: wait, or `atlas complete` it again")
    return tx.patch(WORKSPACE, workspace, status="abandoned")


def report(context: Context, module_id: str, kind: str, text: str) -> Result:
    """Record what the agent of a module says of it; the same report again changes nothing.

    Raises AtlasError when nobody has the module, it is another agent's, or a blocked report has no reason.
    """
    if kind == "blocked" and not text.strip():
        raise AtlasError("say what blocks the work: --text TEXT")
    if len(text) > _LONGEST_REPORT:
        raise AtlasError(f"the text has {len(text)} characters: at most {_LONGEST_REPORT}, put more into a file")

    def run(tx: Transaction, actor: roles.Actor) -> Result:
        executing(tx)
        module, assignment = live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        last = assignment["reports"][-1] if assignment["reports"] else None
        if last is None or (last["kind"], last["text"]) != (kind, text):
            _record_report(tx, module, assignment, actor, kind, text)
        return {"module": module_id, "report": kind, "status": module["status"], "agent": assignment["agent"]}

    result = context.act("report", run)
    conflicts.refresh(context)
    return result


def _record_report(
    tx: Transaction, module: Module, assignment: Assignment, actor: roles.Actor, kind: str, text: str
) -> None:
    work = {"started": "in_progress", "progress": "in_progress", "blocked": "blocked", "done": "reported"}[kind]
    module["status"] = "pending_verification" if kind == "done" else work
    assignment["status"] = work
    by = actor["agent"] or actor["role"]
    assignment["reports"].append({"at": tx.at, "kind": kind, "by": by, "text": text})
    tx.put(MODULE, module)
    tx.put(ASSIGNMENT, assignment)
