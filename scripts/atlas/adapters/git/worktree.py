"""Git worktrees: made, listed and forgotten, and what git is to overlook in one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from . import git

CHECKOUT_SECONDS = 1800  # a large repository on a slow disk takes minutes
_POINTER = "gitdir: "
_LOOK_BACK = 10
UNHOOKED = ("-c", f"core.hooksPath={os.devnull}")


class WorktreeEntry(NamedTuple):
    """A worktree as git has it registered. `locked` is the reason of its lock, "" when none was given."""

    path: str
    branch: str | None
    locked: str | None


def list_worktrees(root: str) -> list[WorktreeEntry]:
    """All worktrees of a repository, the main one first."""
    found = []
    for block in git.run_git(root, "worktree", "list", "--porcelain").split("\n\n"):
        fields = dict(line.partition(" ")[::2] for line in block.splitlines())
        if "worktree" in fields:
            branch = fields.get("branch", "").removeprefix("refs/heads/") or None
            found.append(WorktreeEntry(fields["worktree"], branch, fields.get("locked")))
    return found


def find_worktree(root: str, path: str) -> WorktreeEntry | None:
    """The worktree that git has registered at `path`."""
    return next((one for one in list_worktrees(root) if one.path == path), None)


def add_worktree(root: str, path: str, branch: str, reason: str) -> None:
    """Check an existing branch out at `path`, which is missing or empty, locked against pruning from the first moment.

    The repository's hooks are left out: they may ask, fail, or set up what is not theirs. Raises AtlasError.
    """
    locked = ("--quiet", "--lock", f"--reason={reason}")
    git.run_git(root, *UNHOOKED, "worktree", "add", *locked, path, branch, seconds=CHECKOUT_SECONDS)


def forget_worktree(root: str, path: str) -> None:
    """Unregister a worktree whose folder is gone."""
    # Twice: once for a tree that is not clean, once more for one that is locked.
    git.run_git(root, "worktree", "remove", "--force", "--force", path)


def worktree_fault(common: str, path: str) -> str | None:
    """Why the folder at `path` is no worktree of the repository with the common directory `common`, or None.

    Only git's own files are read, for this is asked before each use: the worktree's `.git` names its folder in the
    common directory, which names the worktree.
    """
    dot_git = os.path.join(path, ".git")
    if not os.path.isdir(path):
        return "is gone" if not os.path.lexists(path) else "is no folder"
    if os.path.islink(dot_git) or os.path.isdir(dot_git):
        return "is a repository of its own"
    named = _read_line(dot_git)
    if named is None or not named.startswith(_POINTER):
        return "is no git worktree"
    kept = os.path.realpath(os.path.join(path, named.removeprefix(_POINTER).strip()))
    if os.path.dirname(kept) != os.path.join(os.path.realpath(common), "worktrees"):
        return "is a worktree of another repository, or the repository was moved"
    back = _read_line(os.path.join(kept, "gitdir"))
    if back is None:
        return "is a worktree that git has forgotten"
    if os.path.realpath(os.path.join(kept, back)) != os.path.realpath(dot_git):
        return f"is a copy of the worktree at {os.path.dirname(back)}, or was moved"
    return None


def is_made_for(path: str, branch: str, reason: str) -> bool:
    """Whether a worktree is on that branch or, for its user may switch, has the lock that `add_worktree` gave it."""
    kept = os.path.join(path, (_read_line(os.path.join(path, ".git")) or "").removeprefix(_POINTER))
    on_branch = _read_line(os.path.join(kept, "HEAD")) == f"ref: refs/heads/{branch}"
    return on_branch or _read_line(os.path.join(kept, "locked")) == reason


def _read_line(path: str) -> str | None:
    """The first line of one of git's files; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().rstrip("\n")
    except OSError:
        return None


def git_folder(tree: str) -> str:
    """The folder in which git keeps what belongs to this worktree alone."""
    return git.run_git(tree, "rev-parse", "--absolute-git-dir")


def hide_tracked(tree: str, paths: Sequence[str]) -> None:
    """Have git, in this worktree only, take those of the paths that are tracked for unchanged."""
    tracked = [
        path for path in git.run_git(tree, "ls-files", "-z", "--", *map(_literal_pathspec, paths)).split("\0") if path
    ]
    if tracked:
        git.run_git(tree, "update-index", "--skip-worktree", "--", *tracked)


def shown_paths(tree: str, paths: Sequence[str]) -> list[str]:
    """Those of the paths that `git status` would show in this worktree."""
    if not paths:
        return []
    words = (
        "status",
        "--porcelain",
        "--untracked-files=all",
        "--no-renames",
        "-z",
        "--",
        *map(_literal_pathspec, paths),
    )
    return [line[3:] for line in git.run_git(tree, *words).split("\0") if line]


def is_ignored_or_tracked(tree: str, path: str) -> bool:
    """Whether `git status` passes over a path in this worktree as it is."""
    return not git.run_git(tree, "ls-files", "--others", "--exclude-standard", "-z", "--", _literal_pathspec(path))


def _literal_pathspec(path: str) -> str:
    return f":(top,literal){path}"


def last_branch(folder: str) -> str | None:
    """The full name of the branch that was checked out before HEAD was detached, as far as git remembers."""
    for number in range(1, _LOOK_BACK):
        words = ("rev-parse", "--quiet", "--verify", "--symbolic-full-name", f"@{{-{number}}}")
        found = git.run_git(folder, *words, codes=range(256))
        if found.startswith("refs/heads/"):
            return found
    return None
