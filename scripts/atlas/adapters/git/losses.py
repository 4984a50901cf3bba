"""What would be lost with a worktree: changes, commits that are nowhere else, submodules."""

from __future__ import annotations

import os
from collections.abc import Sequence

from . import git, refs, tree_status
from .worktree import git_folder

_SERIES = "a series of cherry-picks or reverts"
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "rebase-apply/applying": "git am",
    "sequencer/todo": _SERIES,
}
_SAYS_MORE = {"git am": {"a rebase"}, "a cherry-pick": {_SERIES}, "a revert": {_SERIES}}
_SHOWN = 5


def work_at_stake(tree: str, branch: str, kept: Sequence[str]) -> list[str]:
    """What would be lost with the worktree and its branch, a line each: changes, and commits that `kept` lacks.

    `kept` are commits; what any remote has is kept, too.
    """
    lines = _uncommitted_work(tree)
    lost = lost_commits(tree, ["HEAD", f"refs/heads/{branch}"], kept)
    if lost:
        lines.append(describe_commits(lost))
    for name in filled_submodules(tree):
        lines += [f"in the submodule {name}: {line}" for line in submodule_losses(os.path.join(tree, name))]
    return lines


def describe_commits(lost: Sequence[str]) -> str:
    """A line about commits that nothing else holds."""
    return f"commits that are on neither the integration branch nor a remote: {list_some(lost)}"


def _uncommitted_work(tree: str) -> list[str]:
    changed = [line[3:] for line in tree_status.uncommitted_paths(tree)]
    lines = [f"uncommitted changes: {list_some(changed)}"] if changed else []
    return lines + [f"{what} is under way" for what in begun_operations(tree)]


def begun_operations(tree: str) -> list[str]:
    """What git has begun in a worktree and not ended, such as `a rebase`."""
    folder = git_folder(tree)
    begun = {what for name, what in _UNDER_WAY.items() if os.path.exists(os.path.join(folder, name))}
    return sorted(begun - {other for what in begun for other in _SAYS_MORE.get(what, ())})


def lost_commits(tree: str, names: Sequence[str], kept: Sequence[str]) -> list[str]:
    """The commits, short and with their subjects, that `names` have and neither `kept` nor a remote has."""
    there = [name for name in names if refs.find_commit(tree, name)]
    return (
        git.run_git(tree, "log", "--format=%h %s", *there, "--not", *kept, "--remotes", "--").splitlines()
        if there
        else []
    )


def submodule_losses(tree: str) -> list[str]:
    """What would be lost with a submodule, a line each."""
    lost = git.run_git(tree, "log", "--format=%h %s", "HEAD", "--branches", "--not", "--remotes", "--").splitlines()
    lines = _uncommitted_work(tree)
    return [*lines, f"commits that are on no remote: {list_some(lost)}"] if lost else lines


def filled_submodules(tree: str) -> list[str]:
    """The paths of submodules that are filled in this worktree."""
    staged = git.run_git(tree, "ls-files", "--stage", "-z").split("\0")
    paths = [line.partition("\t")[2] for line in staged if line.startswith("160000 ")]
    return [path for path in paths if os.path.exists(os.path.join(tree, path, ".git"))]


def nested_repositories(tree: str) -> list[str]:
    """Untracked folders that are repositories of their own, whose content git would not save."""
    untracked = git.run_git(tree, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return [path.rstrip("/") for path in untracked if path.endswith("/")]


def list_some(items: Sequence[str]) -> str:
    """The first few of them in a line, and how many more there are."""
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
