"""Giving a module that waits for an agent to one, and telling it of its task."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.letters import handshake, subjects
from atlas.core.records.assignment import Assignment, new_assignment, new_verification
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE
from atlas.core.records.message import TASK_ASSIGNMENT
from atlas.core.records.team import AI, HUMAN, Agent
from atlas.core.records.whole import WholeAssignment, whole_assignment
from atlas.core.rules import graph, understanding
from atlas.services.messages.mailbox import post_message
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings

from .assignments import live_of

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Module
    from atlas.core.results.assignments import Given


def give_pending_module(tx: Transaction, module_id: str, agent_id: str, force: bool) -> Given:
    """The assignment of a pending module to a registered agent, not yet announced; one that has it keeps it.

    Raises AtlasError when module or agent is unknown, the module is not pending, or (unless `force`) a module that it
    depends on is not complete.
    """
    executing_workflow(tx)
    module, agent = tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
    if module["assigned_to"] == agent_id and module["status"] != "complete":
        return giving_result(tx, module, agent, live_of(tx, module), created=False)
    if module["status"] != "pending":
        raise AtlasError(
            f"{module_id} is {module['status']}, not pending: {module['assigned_to']} has it, see `atlas reassign`"
        )
    blocking = graph.open_dependencies(module, _complete_modules(tx, module))
    if blocking and not force:
        raise AtlasError(f"{module_id} depends on {', '.join(blocking)}, not complete yet: wait, or use --force")
    tx.emit("ModuleAssigned", module=module_id, agent=agent_id)
    return giving_result(tx, module, agent, give_module(tx, module, agent), created=True)


def _complete_modules(tx: Transaction, module: Module) -> set[str]:
    needed = (tx.get(MODULE, other) for other in module["dependencies"])
    return {other["id"] for other in needed if other is not None and other["status"] == "complete"}


def giving_result(tx: Transaction, module: Module, agent: Agent, assignment: Assignment, created: bool) -> Given:
    """What giving a module came to."""
    return {
        "module": module["id"],
        "agent": agent["id"],
        "assignment": whole_assignment(tx, assignment),
        "created": created,
    }


def give_module(tx: Transaction, module: Module, agent: Agent) -> Assignment:
    """Record that an agent has a module; whoever had it before left work to go on from."""
    is_person = agent["type"] == HUMAN
    assignment = new_assignment(
        task_uuid=f"task-{os.urandom(6).hex()}",
        seq=tx.seq + 1,
        agent=agent["id"],
        agent_type=agent["type"],
        module=module["id"],
        github_issue=module["github_issue"],
        assigned_at=tx.at,
        verification=new_verification(authorized_at=tx.at if is_person else None),
        polling=poll_schedule.begin_polling(tx.at, poll_schedule.polling_times(current_settings(tx)), is_person),
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


def announce_task(tx: Transaction, assignment: WholeAssignment, folder: str | None = None, held: bool = False) -> None:
    """Tell an AI agent of its task, and of the `folder` to work in; `held` back until that is ready."""
    if assignment["agent_type"] == AI:
        module, task_uuid = tx.need(MODULE, assignment["module"]), assignment["task_uuid"]
        repeats = not understanding.may_edit(assignment, current_settings(tx)["gates"])
        subject, body = (
            subjects.task_subject(module, task_uuid),
            handshake.task_body(module, task_uuid, folder, repeats),
        )
        post_message(tx, assignment["agent"], subject, body, kind=TASK_ASSIGNMENT, task_uuid=task_uuid, held=held)
