"""Giving modules to agents, taking them back, and what agents report of them."""

from __future__ import annotations

import os

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.letters import handshake, subjects
from atlas.core.letters.handover import stop_body
from atlas.core.records.assignment import Assignment, ReportKind, new_assignment, new_verification
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.message import TASK_ASSIGNMENT
from atlas.core.records.plan import Module
from atlas.core.records.team import AI, HUMAN, Agent
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import Given, ReportResult, TakenOver
from atlas.core.rules import graph, roles, understanding
from atlas.services.integration import conflicts
from atlas.services.messages.mailbox import post, withdraw_held
from atlas.services.project.context import Context
from atlas.services.project.phases import executing
from atlas.services.project.settings import current
from atlas.services.project.workspace_paths import workspace_of_task

_LONGEST_REPORT = 20_000


def give_pending(tx: Transaction, module_id: str, agent_id: str, force: bool) -> Given:
    """The assignment of a pending module to a registered agent, not yet announced; one that has it keeps it.

    Raises AtlasError when module or agent is unknown, the module is not pending, or (unless `force`) a module that it
    depends on is not complete.
    """
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


def _result(module: Module, agent: Agent, assignment: Assignment, created: bool) -> Given:
    return {"module": module["id"], "agent": agent["id"], "assignment": assignment, "created": created}


def _give(tx: Transaction, module: Module, agent: Agent) -> Assignment:
    is_person = agent["type"] == HUMAN
    assignment = new_assignment(
        task_uuid=f"task-{os.urandom(6).hex()}",
        agent=agent["id"],
        agent_type=agent["type"],
        module=module["id"],
        github_issue=module["github_issue"],
        assigned_at=tx.at,
        verification=new_verification(authorized_at=tx.at if is_person else None),
        polling=poll_schedule.begun(tx.at, poll_schedule.times_of(current(tx)), is_person),
        continues=_left_work(tx, module["id"]),
    )
    tx.patch(MODULE, module, status="assigned", assigned_to=agent["id"], task_uuid=assignment["task_uuid"])
    tx.put(ASSIGNMENT, assignment)
    return assignment


def _left_work(tx: Transaction, module_id: str) -> str | None:
    """The commit with the work of those who had a module before, which whoever gets it next goes on from."""
    before = tx.where(ASSIGNMENT, module=module_id)
    if not before:
        return None
    handover = before[-1]["handover"]
    return (handover["saved"] if handover else None) or before[-1]["continues"]


def announce(tx: Transaction, assignment: Assignment, folder: str | None = None, held: bool = False) -> None:
    """Tell an AI agent of its task, and of the `folder` to work in; `held` back until that is ready."""
    if assignment["agent_type"] == AI:
        module, task_uuid = tx.need(MODULE, assignment["module"]), assignment["task_uuid"]
        repeats = not understanding.may_edit(assignment, current(tx)["gates"])
        subject, body = (
            subjects.task_subject(module, task_uuid),
            handshake.task_body(module, task_uuid, folder, repeats),
        )
        post(tx, assignment["agent"], subject, body, kind=TASK_ASSIGNMENT, task_uuid=task_uuid, held=held)


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


def tell_stop(tx: Transaction, assignment: Assignment) -> str:
    """Tell an AI agent that an assignment is no longer its own; returns the id of the message, "" for a person."""
    if assignment["agent_type"] != AI:
        return ""
    module, task_uuid = tx.need(MODULE, assignment["module"]), assignment["task_uuid"]
    subject, body = subjects.stop_subject(module, task_uuid), stop_body(module)
    return post(tx, assignment["agent"], subject, body, priority="high", task_uuid=task_uuid)["id"]


def takeable(tx: Transaction, module_id: str, agent_id: str, force: bool) -> tuple[Module, Assignment, Agent]:
    """A module, its live assignment, and the agent that shall get it.

    Raises AtlasError when nobody has the module, it is the same agent, work on it has begun (unless `force`), or it is
    being merged.
    """
    executing(tx)
    new = tx.need(AGENT, agent_id)
    module, old = live_assignment(tx, module_id)
    if old["agent"] == agent_id:
        raise AtlasError(f"{module_id} is {agent_id}'s already")
    if module["status"] != "assigned" and not force:
        raise AtlasError(f"{module_id} is {module['status']}: work has begun; use --force to take it away")
    _place_to_leave(tx, old)
    return module, old, new


def reassign_to(tx: Transaction, module_id: str, agent_id: str, force: bool, saved: str | None = None) -> TakenOver:
    """The assignment of a module that was another agent's, not yet announced; that one is told to stop.

    Its workspace is left as it is; `saved` is the commit that has all of it. Raises what `takeable` raises.
    """
    module, old, new = takeable(tx, module_id, agent_id, force)
    left = leave(tx, old)
    handover = old["handover"]
    if handover is not None:
        handover["saved"] = saved
    release(tx, old)
    withdraw_held(tx, old["task_uuid"])
    if handover is None or not any(told.startswith("msg-") for told in handover["told"]):
        tell_stop(tx, old)
    return {**_result(module, new, _give(tx, module, new), created=True), "before": old["agent"], "left": left}


def leave(tx: Transaction, assignment: Assignment) -> Workspace | None:
    """Give up the workspace of an assignment that ends. Raises AtlasError while it is being merged."""
    workspace = _place_to_leave(tx, assignment)
    return None if workspace is None else tx.patch(WORKSPACE, workspace, status="abandoned")


def _place_to_leave(tx: Transaction, assignment: Assignment) -> Workspace | None:
    workspace = workspace_of_task(tx, assignment["task_uuid"])
    if workspace is not None and workspace["status"] == "merging":
        raise AtlasError(f"the work on {assignment['module']} is being merged: wait, or `atlas complete` it again")
    return workspace


def report(context: Context, module_id: str, kind: ReportKind, text: str) -> ReportResult:
    """Record what the agent of a module says of it; the same report again changes nothing.

    Raises AtlasError when nobody has the module, it is another agent's, who reports may not edit yet (that it is
    blocked may always be said), or a blocked report has no reason.
    """
    if kind == "blocked" and not text.strip():
        raise AtlasError("say what blocks the work: --text TEXT")
    if len(text) > _LONGEST_REPORT:
        raise AtlasError(f"the text has {len(text)} characters: at most {_LONGEST_REPORT}, put more into a file")

    def run(tx: Transaction, actor: roles.Actor) -> ReportResult:
        executing(tx)
        module, assignment = live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        if actor["role"] == roles.WORKER and kind != "blocked":
            understanding.require_editable(assignment, current(tx)["gates"])
        if _is_news(assignment, kind, text):
            _record_report(tx, module, assignment, actor, kind, text)
        return {"module": module_id, "report": kind, "status": module["status"], "agent": assignment["agent"]}

    result = context.transact("report", run)
    conflicts.refresh(context)
    return result


_WORK = {"started": "in_progress", "progress": "in_progress", "blocked": "blocked", "done": "reported"}
"""The status of an assignment after each kind of report."""


def _is_news(assignment: Assignment, kind: str, text: str) -> bool:
    """Whether a report says more than the last one did: it also does when that was found wrong, or a poll waits."""
    last = assignment["reports"][-1] if assignment["reports"] else None
    is_asked = bool(poll_schedule.unanswered(assignment["progress_polling"]))
    return (
        last is None or (last["kind"], last["text"]) != (kind, text) or assignment["status"] != _WORK[kind] or is_asked
    )


def _record_report(
    tx: Transaction, module: Module, assignment: Assignment, actor: roles.Actor, kind: str, text: str
) -> None:
    assignment["status"] = _WORK[kind]
    module["status"] = "pending_verification" if kind == "done" else _WORK[kind]
    by = actor["agent"] or actor["role"]
    assignment["reports"].append({"at": tx.at, "kind": kind, "by": by, "text": text})
    poll_schedule.heard(assignment, tx.at, "report", poll_schedule.times_of(current(tx)))
    tx.put(MODULE, module)
    tx.put(ASSIGNMENT, assignment)
