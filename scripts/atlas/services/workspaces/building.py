"""Making a recorded workspace ready to work in, or taking it back. Whoever calls this holds the workspace's lock."""

from __future__ import annotations

import os
from typing import Any

from atlas.adapters.git import git, refs, tree_status, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import ASSIGNMENT, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import SetUp, Workspace
from atlas.core.rules.roles import Actor
from atlas.services.assignments.assignments import give_back_module
from atlas.services.integration import branch
from atlas.services.messages.mailbox import send_held_messages
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import workspace_folder, workspace_path

from .checkout import PathTaken, check_out, check_out_branch
from .clearing import clear_workspace
from .files import equip_workspace
from .setting_up import SetUpFailed, run_set_up


def build_workspace(context: Context, verb: str, name: str) -> Workspace:
    """Make a recorded workspace ready and let its agent know. What a crash left of an earlier attempt goes first.

    When that fails nothing of it stays, its assignment included: raises AtlasError with the reason.
    """
    record = context.read(verb, lambda tx, actor: tx.need(WORKSPACE, name))
    try:
        made = (
            _make_workspace(context, verb, record)
            if record["ready_at"] is None
            else _adopt_workspace(context, verb, record)
        )
    # An interrupt from the keyboard, too, must not leave a module with an agent that was never told.
    except (AtlasError, OSError, KeyboardInterrupt) as error:
        reason = str(error) or "interrupted"
        ran = error.set_up if isinstance(error, SetUpFailed) else None
        try:
            undo_building(context, verb, name, reason, ran, cleared=isinstance(error, PathTaken))
        except (AtlasError, OSError) as worse:
            reason += f"; and it could not be taken back ({worse}): see `atlas doctor`"
        raise AtlasError(f"workspace {name} could not be made: {reason}") from error
    return context.transact(verb, lambda tx, actor: _mark_ready(tx, name, made))


def _make_workspace(context: Context, verb: str, record: Workspace) -> dict[str, Any]:
    clear_workspace(context.project, record)
    check_out(context.project, record)
    made = equip_workspace(context, verb, record)
    return {**made, "set_up": run_set_up(context, verb, record)}


def _adopt_workspace(context: Context, verb: str, record: Workspace) -> dict[str, Any]:
    """Equip a workspace that belonged to nobody, and bring it to where the integration branch is now if it can be."""
    folder = workspace_folder(context.project, record)
    tip = branch.ensure_branch(context, verb)
    if not tree_status.uncommitted_paths(folder) and refs.contains_commit(folder, tip, "HEAD"):
        git.run_git(folder, "merge", "--quiet", "--ff-only", tip)
    return equip_workspace(context, verb, record)


def rebuild_workspace(context: Context, verb: str, record: Workspace) -> None:
    """Make a workspace whose folder is gone again, from its branch. Raises AtlasError or OSError."""
    project, path = context.project, workspace_path(context.project, record)
    if worktree.find_worktree(project.root, path) is not None:
        worktree.forget_worktree(project.root, path)
    os.makedirs(path)
    check_out_branch(project, record)
    equip_workspace(context, verb, record)
    run_set_up(context, verb, record)


def _mark_ready(tx: Transaction, name: str, made: dict[str, Any]) -> Workspace:
    record = tx.need(WORKSPACE, name)
    if record["status"] != "creating":
        raise AtlasError(f"workspace {name} was given up while it was made: it is {record['status']}")
    ready = tx.patch(WORKSPACE, record, status="ready", ready_at=tx.at, error=None, **made)
    tx.emit("WorkspaceMade", workspace=name)
    if ready["task_uuid"]:
        send_held_messages(tx, ready["task_uuid"])
    return ready


def undo_building(
    context: Context, verb: str, name: str, reason: str, ran: SetUp | None = None, cleared: bool = False
) -> None:
    """Take back a workspace that could not be made, and its assignment: the module waits for another one.

    `cleared` says that nothing of it is there.
    """
    record = context.read(verb, lambda tx, actor: tx.need(WORKSPACE, name))
    if record["ready_at"] is None and not cleared:
        clear_workspace(context.project, record)

    def run(tx: Transaction, actor: Actor) -> None:
        now = tx.need(WORKSPACE, name)
        assignment = tx.get(ASSIGNMENT, now["task_uuid"] or "")
        if assignment is not None and assignment["status"] in LIVE:
            give_back_module(tx, assignment)
        tx.emit("WorkspaceFailed", workspace=name, text=reason)
        if now["ready_at"] is None:
            tx.patch(WORKSPACE, now, status="abandoned", removed_at=tx.at, error=reason[:2000], set_up=ran)
        elif now["status"] == "creating":
            tx.patch(WORKSPACE, now, status="ready", module=None, agent=None, task_uuid=None, error=reason[:2000])

    context.transact(verb, run)
