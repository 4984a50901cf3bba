"""What differs in a worktree from a commit."""

from __future__ import annotations

from typing import NamedTuple

from .git import run_git

_FIELDS = {"1": 7, "2": 8, "u": 9, "?": 0}
"""For each kind of line in git's status, how many fields stand before the path."""


_NEW_IN_SUBMODULE = "S..U"
"""What a line says of a submodule in which nothing but untracked files is to be seen."""


class TreeStatus(NamedTuple):
    """The commit that is checked out, if there is one, the tracked paths that differ from it, and the new paths.

    Of a folder that is new as a whole, only the folder is named.
    """

    head: str | None
    changed: list[str]
    new: list[str]


def read_status(folder: str) -> TreeStatus:
    """What differs in a worktree, in its submodules too, whatever git is configured to pass over. One call of git."""
    words = ("--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=normal", "--ignore-submodules=none")
    tokens = iter(run_git(folder, "-c", "core.fsmonitor=false", "status", *words, "-z").split("\0"))
    head = None
    changed: list[str] = []
    new: list[str] = []
    for token in tokens:
        kind, _, rest = token.partition(" ")
        if kind == "#" and rest.startswith("branch.oid "):
            head = rest.removeprefix("branch.oid ")
        elif kind in _FIELDS:
            is_new = kind == "?" or rest.split(" ")[1:2] == [_NEW_IN_SUBMODULE]
            (new if is_new else changed).append(rest.split(" ", _FIELDS[kind])[-1])
            if kind == "2":
                next(tokens)  # what it was called before
    return TreeStatus(None if head == "(initial)" else head, changed, new)


def clean_head(folder: str) -> str | None:
    """The commit that is checked out, if nothing differs from it, new files included; else None. One call of git."""
    found = read_status(folder)
    return None if found.changed or found.new else found.head


def uncommitted_paths(folder: str, untracked: bool = True) -> list[str]:
    """Paths with uncommitted changes, and untracked ones if asked for, as `git status --porcelain` lines."""
    return run_git(folder, "status", "--porcelain", f"--untracked-files={'normal' if untracked else 'no'}").splitlines()


def paths_changed_since(folder: str, commit: str) -> set[str]:
    """The paths that differ from a commit, committed since or not, new ones among them."""
    tracked = run_git(folder, "diff", "--name-only", "--no-renames", "-z", commit)
    new = run_git(folder, "ls-files", "--others", "--exclude-standard", "-z")
    return {path for path in (*tracked.split("\0"), *new.split("\0")) if path}
