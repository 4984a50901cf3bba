"""The live assignment of a module: finding it, and ending it."""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.letters import subjects
from atlas.core.letters.handover import stop_body
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.plan import Module
from atlas.core.records.team import AI
from atlas.core.records.workspace import Workspace
from atlas.services.messages.mailbox import post_message, withdraw_held_messages
from atlas.services.project.workspace_paths import workspace_of_task


def live_of(tx: Transaction, module: Module) -> Assignment:
    """The live assignment of a module. Raises AtlasError when nobody has it."""
    if module["task_uuid"] is None:
        raise AtlasError(f"{module['id']} is {module['status']}: nobody has it, assign it first")
    return tx.need(ASSIGNMENT, module["task_uuid"])


def live_assignment(tx: Transaction, module_id: str) -> tuple[Module, Assignment]:
    """A module and its live assignment. Raises AtlasError when there is no such module, or nobody works on it."""
    module = tx.need(MODULE, module_id)
    if module["status"] == "complete":
        raise AtlasError(f"{module_id} is complete")
    return module, live_of(tx, module)


def release_assignment(tx: Transaction, assignment: Assignment) -> None:
    """End an assignment without completion."""
    tx.patch(ASSIGNMENT, assignment, status="released", ended_at=tx.at)


def give_back_module(tx: Transaction, assignment: Assignment) -> None:
    """End an assignment whose module is to be given to somebody anew."""
    release_assignment(tx, assignment)
    withdraw_held_messages(tx, assignment["task_uuid"])
    module = tx.need(MODULE, assignment["module"])
    tx.patch(MODULE, module, status="pending", assigned_to=None, task_uuid=None)
    tx.emit("ModuleReleased", module=module["id"], agent=assignment["agent"])


def tell_agent_to_stop(tx: Transaction, assignment: Assignment) -> str:
    """Tell an AI agent that an assignment is no longer its own; returns the id of the message, "" for a person."""
    if assignment["agent_type"] != AI:
        return ""
    module, task_uuid = tx.need(MODULE, assignment["module"]), assignment["task_uuid"]
    subject, body = subjects.stop_subject(module, task_uuid), stop_body(module)
    return post_message(tx, assignment["agent"], subject, body, priority="high", task_uuid=task_uuid)["id"]


def leave_workspace(tx: Transaction, assignment: Assignment) -> Workspace | None:
    """Give up the workspace of an assignment that ends. Raises AtlasError while it is being merged."""
    workspace = workspace_to_leave(tx, assignment)
    return None if workspace is None else tx.patch(WORKSPACE, workspace, status="abandoned")


def workspace_to_leave(tx: Transaction, assignment: Assignment) -> Workspace | None:
    """The workspace of an assignment. Raises AtlasError while it is being merged."""
    workspace = workspace_of_task(tx, assignment["task_uuid"])
    if workspace is not None and workspace["status"] == "merging":
        raise AtlasError(f"the work on {assignment['module']} is being merged: wait, or `atlas complete` it again")
    return workspace
