"""Which commit of a folder is to be proven, and what keeps it from that: told by name before any check runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from atlas.adapters.git import git, losses, refs, submodules, tree_status
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.workspace import Workspace
from atlas.core.text import printable_text
from atlas.services.project.workspace_paths import workspace_folder
from atlas.services.workspaces.own_files import OWN_FILES


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
    begun = losses.begun_operations(folder)
    if begun:
        raise AtlasError(f"{begun[0]} is under way in {folder}: end it or abort it first")
    commit = refs.head_commit(folder)
    found = tree_status.read_status(folder)
    if found.changed:
        raise AtlasError(f"{folder} has uncommitted changes ({_some(found.changed)}): commit or stash them first")
    hidden = _hidden_work(project, folder, workspace["skeleton"] if workspace else [])
    if hidden:
        raise AtlasError(
            f"{folder} has work that git is told to overlook ({_some(hidden)}): commit it (git update-index "
            "--no-assume-unchanged --no-skip-worktree FILE, git add --force FILE), or put the files back"
        )
    _require_whole_branch(folder, commit, workspace["branch"] if workspace else None)
    lost = submodules.lost_commits(project.common, folder) if workspace else []
    if lost:
        raise AtlasError(f"commits of submodules exist in {folder} only ({_some(lost)}): push them first")
    return Ready(commit, found.new)


def _some(paths: Sequence[str]) -> str:
    return printable_text(losses.list_some(paths)).replace("\n", "?")


def _require_whole_branch(folder: str, commit: str, branch: str | None) -> None:
    """Raise AtlasError when the commit lacks some of the workspace's branch, or of the branch that was left for it."""
    left = None
    if refs.current_branch(folder) is None:
        left = git.run_git(folder, "rev-parse", "--symbolic-full-name", "@{-1}", codes=range(256))
    for name in (f"refs/heads/{branch}" if branch else None, left):
        tip = refs.find_commit(folder, name) if name and name.startswith("refs/heads/") else None
        if name and tip and not refs.contains_commit(folder, commit, tip):
            short = name.removeprefix("refs/heads/")
            raise AtlasError(
                f"{folder} is at {commit[:12]}, which lacks commits of {short}: switch to {short}, or merge it"
            )


def _hidden_work(project: Project, folder: str, skeleton: Sequence[str]) -> list[str]:
    """Files that differ from what is committed and that git passes over, copies of a skeleton among them."""
    tracked = _hidden_tracked(folder)
    edited = [path for path in tracked if path not in (*OWN_FILES, *skeleton) and _differs(folder, path)]
    return [*edited, *(path for path in skeleton if _is_edited_copy(project, folder, path))]


def _hidden_tracked(folder: str) -> list[str]:
    """Tracked files marked as assumed to be unchanged, or as not to be in the worktree."""
    entries = git.run_git(folder, "ls-files", "-v", "-z").split("\0")
    return [entry[2:] for entry in entries if entry and (entry[0].islower() or entry[0] == "S")]


def _differs(folder: str, path: str) -> bool:
    """Whether what lies at a path differs from the index; a file that a sparse checkout leaves out does not."""
    place = os.path.join(folder, path)
    if not os.path.lexists(place):
        return not git.run_git(folder, "ls-files", "-t", "-z", "--", f":(top,literal){path}").startswith("S ")
    indexed = git.run_git(folder, "ls-files", "--stage", "-z", "--", f":(top,literal){path}").split(" ")[1]
    if os.path.islink(place):
        target = os.fsencode(os.readlink(place)).decode("utf-8", "surrogateescape")
        return git.run_git(folder, "hash-object", "--stdin", stdin=target) != indexed
    if not os.path.isfile(place):
        return True
    return git.run_git(folder, "hash-object", "--stdin-paths", stdin=_quoted(path)) != indexed


def _quoted(path: str) -> str:
    """A path as git reads it from a line: in quotes where it has some, or a line break."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"\n' if escaped != path else f"{path}\n"


def _is_edited_copy(project: Project, folder: str, path: str) -> bool:
    """Whether a skeleton's copy is neither as it was brought here nor as it is committed, where git passes over it."""
    words = ("ls-files", "-v", "-z", "--", f":(top,literal){path}")
    if git.run_git(folder, *words).startswith("H "):
        return False  # git looks at it, so that its status tells
    data = disk.read_bytes(os.path.join(folder, path))
    if data is None or data == disk.read_bytes(os.path.join(project.root, path)):
        return False
    return git.run_git(folder, "ls-files", "--", f":(top,literal){path}") == "" or _differs(folder, path)
