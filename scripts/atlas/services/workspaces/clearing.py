"""Where a workspace lies, what of that is ATLAS's to touch, and clearing away what is left of one."""

from __future__ import annotations

import contextlib
import os
import shutil

from atlas.adapters.git import bundles, losses, refs, worktree
from atlas.core.paths import WORKTREES, Project
from atlas.core.records.workspace import Workspace
from atlas.services.project.workspace_paths import LOCK_REASON, workspace_path

_TRIES = 3


def trash_path(project: Project, workspace: Workspace) -> str:
    """Where a workspace is moved to be deleted: a name that no workspace can have."""
    return os.path.join(project.root, WORKTREES, f".removing-{workspace['name']}")


def put_workspace_back(project: Project, workspace: Workspace) -> bool:
    """Undo the first step of a removal that a crash ended there. Returns whether there was one."""
    trash, path = trash_path(project, workspace), workspace_path(project, workspace)
    if not os.path.isdir(trash) or os.path.lexists(path):
        return False
    os.rename(trash, path)
    return True


def link_path(project: Project, workspace: Workspace) -> str:
    """The documented place of a workspace, a link to where it really lies."""
    return os.path.join(project.claude, "workspaces", workspace["name"])


def make_link(project: Project, workspace: Workspace) -> None:
    """Make the documented place lead to the workspace."""
    path = link_path(project, workspace)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    remove_link(project, workspace)
    os.symlink(os.path.join(os.pardir, "worktrees", workspace["name"]), path)


def is_linked(project: Project, workspace: Workspace) -> bool:
    """Whether the documented place leads to the workspace."""
    return os.path.realpath(link_path(project, workspace)) == workspace_path(project, workspace)


def remove_link(project: Project, workspace: Workspace) -> None:
    """Remove the documented place, if it is a link."""
    if os.path.islink(link_path(project, workspace)):
        os.unlink(link_path(project, workspace))


def is_ours(project: Project, workspace: Workspace) -> bool:
    """Whether the folder at a workspace's place is that workspace, though it may be hardly begun."""
    path = workspace_path(project, workspace)
    if os.path.islink(path) or not os.path.isdir(path):
        return False
    if not set(os.listdir(path)) <= {".git"} and worktree.worktree_fault(project.common, path) is not None:
        return False
    entry = worktree.find_worktree(project.root, path)
    if entry is None or entry.branch is None:
        return set(os.listdir(path)) <= {".git"} or (entry is not None and entry.locked == LOCK_REASON)
    return entry.branch == workspace["branch"] or entry.locked == LOCK_REASON


def clear_workspace(project: Project, workspace: Workspace, kept: list[str] | None = None) -> None:
    """Delete what a removed workspace leaves behind, or what there is of one that was never ready. May run again.

    Its branch goes only when nothing is lost with it: commits that `kept` lacks (by default what the workspace began
    with), a remote lacks, and the bundle that was made lacks. Raises AtlasError or OSError.
    """
    path, trash = workspace_path(project, workspace), trash_path(project, workspace)
    if os.path.isdir(trash):
        delete_folder(trash)
    if workspace["ready_at"] is None and is_ours(project, workspace):
        delete_folder(path)
    if not os.path.lexists(path):
        remove_link(project, workspace)
        if worktree.find_worktree(project.root, path) is not None:
            worktree.forget_worktree(project.root, path)
    tip = droppable_branch(project, workspace, kept or [workspace["base_commit"]])
    if tip is not None:
        refs.move_branch(project.root, workspace["branch"], None, tip)


def droppable_branch(project: Project, workspace: Workspace, kept: list[str]) -> str | None:
    """Where the branch of a workspace is, if it is there still and nothing is lost with it."""
    ref = f"refs/heads/{workspace['branch']}"
    tip = refs.find_commit(project.root, ref)
    if tip is None or any(entry.branch == workspace["branch"] for entry in worktree.list_worktrees(project.root)):
        return None
    saved = bundles.bundled_commits(project.root, workspace["saved"]) if workspace["saved"] else []
    return tip if tip in saved or not losses.lost_commits(project.root, [ref], kept) else None


def delete_folder(path: str) -> None:
    """Delete a folder and all in it, links as links, write-protected folders too. Raises OSError."""
    for _ in range(_TRIES):
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o700)
        with contextlib.suppress(OSError):
            shutil.rmtree(path)
            return
    shutil.rmtree(path)
