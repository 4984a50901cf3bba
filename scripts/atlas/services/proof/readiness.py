"""Which commit of a folder is to be proven, and what keeps it from that: told by name before any check runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from atlas.adapters.git import git, hidden, losses, refs, submodules, tree_status, worktree
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.workspace import Workspace
from atlas.core.text import one_line
from atlas.services.project.workspace_paths import workspace_folder
from atlas.services.workspaces.own_files import OWN_FILES

_NAMED = 5
_DEEPEST = 8


class Ready(NamedTuple):
    """The commit that is to be proven, and the paths beside it that git does not track, which do not matter."""

    commit: str
    untracked: list[str]


def require_ready(project: Project, workspace: Workspace | None) -> Ready:
    """What is to be proven of a workspace, or of the project's own folder (None), in which a person works.

    Raises AtlasError, naming what is wrong and where, when git is in the middle of something there, when work is not
    committed, hidden from git, left behind on a branch, or in a submodule's commit that nobody else has.
    """
    folder = workspace_folder(project, workspace) if workspace else project.root
    _require_nothing_begun(folder)
    commit = refs.head_commit(folder)
    excused = _files_of_atlas(project, folder, workspace["skeleton"]) if workspace else set()
    untracked = _require_committed(folder, excused)
    if workspace:
        _require_nothing_hidden(folder, _edited_copies(folder, set(workspace["skeleton"]) - excused))
    _require_whole_branch(folder, commit, workspace["branch"] if workspace else None)
    lost = submodules.lost_commits(project.common, folder) if workspace else []
    if lost:
        raise AtlasError(f"commits of submodules exist in {folder} only ({_some(lost)}): push them first")
    return Ready(commit, untracked)


def _require_nothing_begun(folder: str) -> None:
    begun = losses.begun_operations(folder)
    if begun:
        raise AtlasError(f"{begun[0]} is under way in {folder}: end it or abort it first")


def _require_committed(folder: str, excused: set[str], depth: int = 0) -> list[str]:
    """The untracked paths of a folder in which all else is committed, in its submodules too."""
    for path in losses.filled_submodules(folder) if depth < _DEEPEST else ():
        inside = os.path.join(folder, path)
        if not git.run_git(inside, "rev-parse", "--show-prefix"):  # else git takes it for a folder of this repository
            _require_nothing_begun(inside)
            _require_committed(inside, set(), depth + 1)
    found = tree_status.read_status(folder)
    # In a sparse checkout git looks at what ATLAS told it to overlook.
    changed = sorted({*found.staged, *(path for path in found.unstaged if path not in excused)})
    if changed:
        raise AtlasError(f"{folder} has uncommitted changes ({_some(changed)}): commit or stash them first")
    _require_nothing_hidden(folder, [path for path in hidden.overlooked_changes(folder) if path not in excused])
    return found.new


def _require_nothing_hidden(folder: str, paths: Sequence[str]) -> None:
    if paths:
        raise AtlasError(
            f"{folder} has work that git is told to overlook ({_some(paths)}): commit it (git update-index "
            "--no-skip-worktree FILE, or --no-assume-unchanged, then git add --force FILE), or put the files back"
        )


def _require_whole_branch(folder: str, commit: str, branch: str | None) -> None:
    """Raise AtlasError when the commit lacks some of the workspace's branch, or of the branch that was left for it."""
    left = worktree.last_branch(folder) if refs.current_branch(folder) is None else None
    for name in (f"refs/heads/{branch}" if branch else None, left):
        tip = refs.find_commit(folder, name) if name else None
        if name and tip and not refs.contains_commit(folder, commit, tip):
            short = one_line(name.removeprefix("refs/heads/"))
            raise AtlasError(
                f"{folder} is at {commit[:12]}, which lacks commits of {short}: switch to {short}, or merge it"
            )


def _files_of_atlas(project: Project, folder: str, skeleton: Sequence[str]) -> set[str]:
    """The files of a workspace that are ATLAS's own, and those of its skeleton that are as they were brought there."""
    noted = hidden.noted_skeleton(folder)
    return {*OWN_FILES, *(path for path in skeleton if noted.get(path, _is_as_in(project.root, folder, path)))}


def _is_as_in(root: str, folder: str, path: str) -> bool:
    """Whether a file is as it is in the project now: of a workspace of an earlier version nobody noted what it got."""
    return disk.read_bytes(os.path.join(folder, path)) == disk.read_bytes(os.path.join(root, path))


def _edited_copies(folder: str, skeleton: set[str]) -> list[str]:
    """Those of the files that are there and not tracked: ATLAS keeps git from seeing them."""
    tracked = set(git.run_git(folder, "ls-files", "-z").split("\0")) if skeleton else set()
    return sorted(path for path in skeleton - tracked if os.path.lexists(os.path.join(folder, path)))


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if paths[_NAMED:] else ""
    return ", ".join(map(one_line, paths[:_NAMED])) + more
