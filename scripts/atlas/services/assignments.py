"""Giving modules to agents, taking them back, and what agents report of them."""

from __future__ import annotations

import os
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock, wording
from atlas.core.errors import AtlasError
from atlas.core.model import AGENT, ASSIGNMENT, MODULE, Agent, Assignment, Module, Verification
from atlas.core.policy import graph, roles

from .context import Context, executing
from .messages import post

Result = dict[str, Any]
POLL_SECONDS = 15 * 60
_LONGEST_REPORT = 20_000


def assign(context: Context, module_id: str, agent_id: str, force: bool = False) -> Result:
    """Give a pending module to a registered agent; giving it to the same agent again changes nothing.

    Raises AtlasError when module or agent is unknown, the module is not pending, or (unless `force`) a module that it
    depends on is not complete.
    """

    def run(tx: Transaction, actor: roles.Actor) -> Result:
        executing(tx)
        module, agent = tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
        if module["assigned_to"] == agent_id and module["status"] != "complete":
            return _result(module, agent, _live(tx, module), created=False)
        if module["status"] != "pending":
            holder = f" by {module['assigned_to']}" if module["assigned_to"] else ""
            raise AtlasError(f"{module_id} is {module['status']}{holder}, not pending: see `atlas reassign`")
        blocking = graph.blockers(module, _complete(tx, module))
        if blocking and not force:
            raise AtlasError(f"{module_id} depends on {', '.join(blocking)}, not complete yet: wait, or use --force")
        return _result(module, agent, give(tx, module, agent), created=True)

    return context.act("assign", run)


def _complete(tx: Transaction, module: Module) -> set[str]:
    needed = (tx.get(MODULE, other) for other in module["dependencies"])
    return {other["id"] for other in needed if other is not None and other["status"] == "complete"}


def _result(module: Module, agent: Agent, assignment: Assignment, created: bool) -> Result:
    return {"module": module["id"], "agent": agent["id"], "assignment": assignment, "created": created}


def give(tx: Transaction, module: Module, agent: Agent) -> Assignment:
    """Make the assignment and, for an AI agent, the message that announces it."""
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
    if not human:
        subject, body = wording.task_subject(module, task_uuid), wording.task_body(module, task_uuid)
        post(tx, agent["id"], subject, body, kind="task_assignment", task_uuid=task_uuid)
    return assignment


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


def reassign(context: Context, module_id: str, agent_id: str, force: bool = False) -> Result:
    """Take a module from its agent and give it to another; both are told, and verification begins anew.

    Raises AtlasError when nobody has the module, it is the same agent, or work on it has begun (unless `force`).
    """

    def run(tx: Transaction, actor: roles.Actor) -> Result:
        executing(tx)
        new = tx.need(AGENT, agent_id)
        module, old = live_assignment(tx, module_id)
        if old["agent"] == agent_id:
            raise AtlasError(f"{module_id} is {agent_id}'s already")
        if module["status"] != "assigned" and not force:
            raise AtlasError(f"{module_id} is {module['status']}: work has begun; use --force to take it away")
        release(tx, old)
        if old["agent_type"] == "ai":
            subject = wording.stop_subject(module, old["task_uuid"])
            post(tx, old["agent"], subject, wording.stop_body(module), priority="high", task_uuid=old["task_uuid"])
        return {**_result(module, new, give(tx, module, new), created=True), "before": old["agent"]}

    return context.act("reassign", run)


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

    return context.act("report", run)


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
