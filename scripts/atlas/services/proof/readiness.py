"""What is refused before a check runs: a folder in which something is under way, left behind, hidden or uncommitted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from atlas.adapters.git import git, hidden, losses, refs, submodules, tree_status
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.text import one_line
from atlas.services.workspaces.own_files import OWN_FILES

_NAMED = 3
_MOST_UNTRACKED = 20
_DEEPEST = 8


class Ready(NamedTuple):
    """The commit that is checked out, and stray untracked paths, which matter to nobody: some, and how many more."""

    commit: str
    untracked: list[str]


def require_ready(folder: str, branch: str | None) -> Ready:
    """The commit that is to be proven, and what lies about beside it.

    `folder` is a workspace and `branch` its branch, or the project's own folder and None. Raises AtlasError, in one
    line that says what to do, when what is there is not all in the commit that is checked out.
    """
    _require_nothing_under_way(folder)
    commit = refs.head_commit(folder)
    _require_whole_history(folder, branch)
    excused = _files_of_atlas(folder) if branch else set()
    untracked = _require_committed(folder, excused)
    if branch:
        _require_skeleton_untouched(folder)
    common = git.run_git(folder, "rev-parse", "--path-format=absolute", "--git-common-dir")
    only_here = submodules.commit_only_here(os.path.join(common, "modules"), folder)
    if only_here:
        path, wanted = only_here
        raise AtlasError(
            f"{folder}: the commit {wanted[:12]} of the submodule {_shown(path)} is nowhere else: push it from there"
        )
    more = [f"and {len(untracked) - _MOST_UNTRACKED} more"] if untracked[_MOST_UNTRACKED:] else []
    return Ready(commit, [*map(_shown, untracked[:_MOST_UNTRACKED]), *more])


def _require_nothing_under_way(folder: str) -> None:
    begun = losses.under_way(folder)
    if begun:
        raise AtlasError(f"{folder}: {begun[0]} is under way: finish it, or abort it, and try again")


def _require_whole_history(folder: str, branch: str | None) -> None:
    """HEAD is to have all commits of the workspace's branch and, when detached, of the branch that it was on before."""
    wanted = [f"refs/heads/{branch}"] if branch else []
    if refs.current_branch(folder) is None:
        wanted += filter(None, [refs.last_branch(folder)])
    for name in wanted:
        count = refs.lacking_commits(folder, name)
        if count:
            commits = "a commit" if count == 1 else f"{count} commits"
            short = _shown(name.removeprefix("refs/heads/"))
            raise AtlasError(
                f"{folder}: what is checked out lacks {commits} of {short}: check out {short}, or merge it"
            )


def _require_committed(folder: str, excused: set[str], depth: int = 0) -> list[str]:
    """The untracked paths of a folder whose other files are all committed, in its submodules, too."""
    for path in losses.filled_submodules(folder) if depth < _DEEPEST else ():
        inside = os.path.join(folder, path)
        if not git.run_git(inside, "rev-parse", "--show-prefix"):  # else it has no repository of its own
            _require_nothing_under_way(inside)
            _require_committed(inside, set(), depth + 1)
    changes = tree_status.tracked_changes(folder)
    if changes.tracked:
        raise AtlasError(f"{folder} has uncommitted changes ({_named(changes.tracked)}): commit or stash them first")
    _require_nothing_hidden(folder, [path for path in hidden.overlooked_changes(folder) if path not in excused])
    return changes.untracked


def _files_of_atlas(folder: str) -> set[str]:
    """Files that are in a workspace as ATLAS put them there, or are ATLAS's own."""
    untouched = {path for path, is_untouched in hidden.noted_skeleton(folder).items() if is_untouched}
    return {*OWN_FILES, *untouched}


def _require_skeleton_untouched(folder: str) -> None:
    """A skeleton file that git ignores is left out of the commit, too, when somebody edits it."""
    edited = [path for path, is_untouched in hidden.noted_skeleton(folder).items() if not is_untouched]
    tracked = set(git.run_git(folder, "ls-files", "-z").split("\0")) if edited else set()
    there = [path for path in edited if path not in tracked and disk.read_bytes(os.path.join(folder, path)) is not None]
    _require_nothing_hidden(folder, there)


def _require_nothing_hidden(folder: str, paths: Sequence[str]) -> None:
    if paths:
        raise AtlasError(
            f"{folder} has changes that git is told to overlook ({_named(paths)}): undo them, or commit them after `git "
            "update-index --no-skip-worktree FILE`, the same with --no-assume-unchanged, and `git add --force FILE`"
        )


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if paths[_NAMED:] else ""
    return ", ".join(map(_shown, paths[:_NAMED])) + more


def _shown(path: str) -> str:
    return one_line(path)
