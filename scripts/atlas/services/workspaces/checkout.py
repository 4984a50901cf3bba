"""The worktree of a workspace, in a folder that is made here."""

from __future__ import annotations

import contextlib
import os

from atlas.adapters.git import refs, worktree
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.workspace import Workspace
from atlas.services.project.workspace_paths import LOCK_REASON, require_own_place, workspace_path

from .clearing import make_link


class PathTaken(AtlasError):
    """Somebody else has put something where the workspace was to be."""


def check_out(project: Project, record: Workspace) -> None:
    """Make the branch of a workspace and check it out in a new folder. Raises PlaceTaken."""
    path = workspace_path(project, record)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.mkdir(path)  # only a folder made here is ever written to
    except FileExistsError as error:
        raise PathTaken(f"{path} was put there by somebody else just now") from error
    require_own_place(project, record)
    refs.move_branch(project.root, record["branch"], record["base_commit"], None)
    check_out_branch(project, record)


def check_out_branch(project: Project, record: Workspace) -> None:
    """Make the worktree of a workspace's branch, and its link; whoever equips it then hides ATLAS's files from git."""
    path = workspace_path(project, record)
    worktree.add_worktree(project.root, path, record["branch"], LOCK_REASON)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(path, ".INTERRUPT"))  # one that somebody committed says nothing to this worker
    make_link(project, record)
