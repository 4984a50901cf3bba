"""Where a workspace lies, and its lock."""

from __future__ import annotations

import os

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.paths import WORKTREES, Project
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import Workspace


def lock_path(project: Project, name: str) -> str:
    """The file that is locked while a workspace is made, merged or removed."""
    return os.path.join(project.private, "workspaces", f"{name}.lock")


def workspace_path(project: Project, workspace: Workspace) -> str:
    """Where a workspace should lie, whatever is there."""
    return os.path.join(project.root, workspace["path"])


def workspace_folder(project: Project, workspace: Workspace) -> str:
    """Where a workspace lies. Raises AtlasError when it is not there, or a link leads elsewhere."""
    path = workspace_path(project, workspace)
    if os.path.dirname(workspace["path"]) != WORKTREES or os.path.realpath(path) != path:
        raise AtlasError(f"workspace {workspace['name']}: {path} is a link, or not where ATLAS puts workspaces")
    if not os.path.isdir(path):
        raise AtlasError(f"workspace {workspace['name']}: {path} is gone: see `atlas doctor`")
    return path


def workspace_of_task(tx: Transaction, task_uuid: str) -> Workspace | None:
    """The workspace of an assignment."""
    return next(iter(tx.where(WORKSPACE, task_uuid=task_uuid, removed_at=None)), None)
