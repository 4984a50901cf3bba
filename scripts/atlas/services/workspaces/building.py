"""Making a recorded workspace ready to work in, or taking it back. Whoever calls this holds the workspace's lock."""

from __future__ import annotations

import os
from typing import Any, Generic, TypeVar

from atlas.adapters.git import git, refs, tree_status, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import ASSIGNMENT, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import SetUp, Workspace
from atlas.core.rules.roles import Actor
from atlas.services.assignments.assignments import give_back_module
from atlas.services.integration.branch import BranchTip, make_branch, note_tip
from atlas.services.messages.mailbox import send_held_messages
from atlas.services.project.context import Context
from atlas.services.project.operation import Operation, error_text
from atlas.services.project.workspace_paths import workspace_folder, workspace_path

from .checkout import PathTaken, check_out, check_out_branch
from .clearing import clear_workspace
from .equipment import Equipment, gather_equipment
from .files import equip_workspace
from .setting_up import SetUpFailed, run_set_up

G = TypeVar("G")
R = TypeVar("R")


class Site(Generic[G]):
    """A recorded workspace that is to be made, what belongs into it, and what it was `given` for."""

    __slots__ = ("given", "kit", "record")

    def __init__(self, record: Workspace, kit: Equipment, given: G) -> None:
        self.record, self.kit, self.given = record, kit, given


class Building(Operation[Site[G], "dict[str, Any]", R]):
    """Makes a workspace ready and lets its agent know; when that fails nothing of it stays, its assignment included."""

    def __init__(self, context: Context, verb: str, tip: BranchTip) -> None:
        """`tip` is where the integration branch is, or is to be made."""
        self.context, self.verb, self.tip = context, verb, tip

    def reserved(self, tx: Transaction, record: Workspace, given: G) -> Site[G]:
        """The site of a workspace that this transaction has recorded."""
        note_tip(tx, self.tip)
        return Site(record, gather_equipment(tx, self.context.project, record), given)

    def act(self, intent: Site[G]) -> dict[str, Any]:
        """Make it. Raises AtlasError with the reason."""
        project, record = self.context.project, intent.record
        try:
            make_branch(project.root, self.tip)
            if record["ready_at"] is not None:
                return _bring_forward(project.root, workspace_folder(project, record), record, self.tip.commit) | (
                    equip_workspace(project, record, intent.kit)
                )
            check_out(project, record)
            made = equip_workspace(project, record, intent.kit)
            return {**made, "set_up": run_set_up(project, record, intent.kit)}
        except (AtlasError, OSError) as error:
            raise AtlasError(f"workspace {record['name']} could not be made: {error_text(error)}") from error

    def take_back(self, intent: Site[G], error: BaseException) -> str:
        """Clear what there is of it away, and give its module back."""
        cause, name = error.__cause__ or error, intent.record["name"]
        ran = cause.set_up if isinstance(cause, SetUpFailed) else None
        undo_building(self.context, self.verb, name, error_text(cause), ran, isinstance(cause, PathTaken))
        module = intent.record["module"]
        return f"it was taken back, and {module} waits for an agent" if module else "it was taken back"


def _bring_forward(root: str, folder: str, record: Workspace, tip: str) -> dict[str, Any]:
    """Bring a workspace that belonged to nobody to where the integration branch is now, if nothing of its own is there.

    Returns the field of its record that says where it begins.
    """
    if tree_status.uncommitted_paths(folder) or not refs.contains_commit(folder, tip, "HEAD"):
        return {}
    git.run_git(folder, "merge", "--quiet", "--ff-only", tip)
    return {"base_commit": tip}


class Finishing(Building[None, Workspace]):
    """Finishes a workspace that a process which died left half made; what there is of it goes first."""

    def __init__(self, context: Context, verb: str, tip: BranchTip, found: Workspace) -> None:
        """`found` is what was left, as it was looked at."""
        super().__init__(context, verb, tip)
        self._name, self._task_uuid = found["name"], found["task_uuid"]

    def intend(self, tx: Transaction, actor: Actor) -> Site[None]:
        """Decide that there is still something to finish."""
        record = tx.need(WORKSPACE, self._name)
        if (record["status"], record["task_uuid"]) != ("creating", self._task_uuid):
            raise AtlasError(f"workspace {self._name} was changed by somebody else just now: see `atlas status`")
        return self.reserved(tx, record, None)

    def act(self, intent: Site[None]) -> dict[str, Any]:
        """Clear it away and make it anew."""
        if intent.record["ready_at"] is None:
            clear_workspace(self.context.project, intent.record)
        return super().act(intent)

    def conclude(self, tx: Transaction, actor: Actor, intent: Site[None], effect: dict[str, Any]) -> Workspace:
        """Record that it is ready."""
        return mark_ready(tx, self._name, effect)


def mark_ready(tx: Transaction, name: str, made: dict[str, Any]) -> Workspace:
    """Record that a workspace is ready, and send its agent what was held back until then."""
    record = tx.need(WORKSPACE, name)
    if record["status"] != "creating":
        raise AtlasError(f"workspace {name} was given up while it was made: it is {record['status']}")
    ready = tx.patch(WORKSPACE, record, status="ready", ready_at=tx.at, error=None, **made)
    tx.emit("WorkspaceMade", workspace=name)
    if ready["task_uuid"]:
        send_held_messages(tx, ready["task_uuid"])
    return ready


def rebuild_workspace(context: Context, verb: str, record: Workspace) -> None:
    """Make a workspace whose folder is gone again, from its branch. Raises AtlasError or OSError."""
    project, path = context.project, workspace_path(context.project, record)
    if worktree.find_worktree(project.root, path) is not None:
        worktree.forget_worktree(project.root, path)
    os.makedirs(path)
    check_out_branch(project, record)
    kit = context.read(verb, lambda tx, actor: gather_equipment(tx, project, record))
    equip_workspace(project, record, kit)
    run_set_up(project, record, kit)


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
        if now["status"] != "creating":
            return  # somebody else finished it, or took it back
        if assignment is not None and assignment["status"] in LIVE:
            give_back_module(tx, assignment)
        tx.emit("WorkspaceFailed", workspace=name, text=reason)
        if now["ready_at"] is None:
            tx.patch(WORKSPACE, now, status="abandoned", removed_at=tx.at, error=reason[:2000], set_up=ran)
        else:
            tx.patch(WORKSPACE, now, status="ready", module=None, agent=None, task_uuid=None, error=reason[:2000])

    context.transact(verb, run)
