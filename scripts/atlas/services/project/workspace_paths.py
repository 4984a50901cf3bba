"""Where a workspace lies, and its lock."""

from __future__ import annotations

import os

from atlas.adapters.git import worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.paths import WORKTREES, Project
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import Workspace

LOCK_REASON = "a workspace of ATLAS"
"""Why git has our worktrees locked: neither git's pruning nor the client's clean-up touches them then."""


def lock_path(project: Project, name: str) -> str:
    """The file that is locked while a workspace is made, merged or removed."""
    return os.path.join(project.private, "workspaces", f"{name}.lock")


def workspace_path(project: Project, workspace: Workspace) -> str:
    """Where a workspace should lie, whatever is there."""
    return os.path.join(project.root, workspace["path"])


def require_own_place(project: Project, workspace: Workspace) -> str:
    """Where a workspace is to lie, whatever is there. Raises AtlasError when a link leads elsewhere."""
    path = workspace_path(project, workspace)
    if os.path.dirname(workspace["path"]) != WORKTREES or os.path.realpath(path) != path:
        raise AtlasError(f"workspace {workspace['name']}: {path} is a link, or not where ATLAS puts workspaces")
    return path


def workspace_folder(project: Project, workspace: Workspace) -> str:
    """Where a workspace lies. Raises AtlasError unless its own worktree is there, saying what is and what to do."""
    path = require_own_place(project, workspace)
    fault = workspace_fault(project, workspace)
    if fault is not None:
        step = "" if is_gone(project, workspace) else "move it away, then "
        raise AtlasError(f"workspace {workspace['name']}: {path} {fault}: {step}`atlas doctor --repair` mends it")
    return path


def workspace_fault(project: Project, workspace: Workspace) -> str | None:
    """Why what lies where a workspace should be is not that workspace, or None when it is. Starts no git."""
    path, branch = workspace_path(project, workspace), workspace["branch"]
    fault = worktree.worktree_fault(project.common, path)
    if fault is None and not worktree.is_made_for(path, branch, LOCK_REASON):
        return f"is a worktree that ATLAS did not make, and not on {branch}"
    return fault


def is_gone(project: Project, workspace: Workspace) -> bool:
    """Whether nothing lies where a workspace should be."""
    return not os.path.lexists(workspace_path(project, workspace))


def workspace_of_task(tx: Transaction, task_uuid: str) -> Workspace | None:
    """The workspace of an assignment."""
    return next(iter(tx.where(WORKSPACE, task_uuid=task_uuid, removed_at=None)), None)
