"""What differs in a worktree from a commit."""

from __future__ import annotations

from typing import NamedTuple

from .git import run_git

_FIELDS = {"1": 7, "2": 8, "u": 9, "?": 0}
"""For each kind of line in git's status, how many fields stand before the path."""


def head_and_changes(folder: str) -> tuple[str | None, list[str]]:
    """The commit that is checked out, if there is one, and the paths that differ from it, new ones among them.

    One call of git. Of a folder that is new as a whole, only the folder is named.
    """
    words = ("--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=normal", "-z")
    tokens = iter(run_git(folder, "status", *words).split("\0"))
    head, paths = None, []
    for token in tokens:
        kind, _, rest = token.partition(" ")
        if kind == "#" and rest.startswith("branch.oid "):
            head = rest.removeprefix("branch.oid ")
        elif kind in _FIELDS:
            paths.append(rest.split(" ", _FIELDS[kind])[-1])
            if kind == "2":
                next(tokens)  # what it was called before
    return (None if head == "(initial)" else head), paths


class Changes(NamedTuple):
    """What `git status` says of a worktree: paths of tracked files that differ, and the untracked ones.

    `in_files` are those of the tracked ones in which the file differs from the index, staged or not besides.
    """

    tracked: list[str]
    in_files: list[str]
    untracked: list[str]


_PLAIN = ("core.fsmonitor=false", "core.untrackedCache=false", "core.trustctime=true", "core.checkStat=default")
"""Settings with which git looks at each file itself, whatever the person or the repository says."""


def tracked_changes(folder: str, index: str | None = None) -> Changes:
    """What differs at the top folder of a worktree, whatever settings make git overlook.

    `index` takes the place of its own index. In a submodule, new files count as untracked. Of a folder that is new as a whole, only the folder is named.
    """
    settings = [word for setting in _PLAIN for word in ("-c", setting)]
    words = ("--porcelain=v2", "--untracked-files=normal", "--ignore-submodules=none", "--no-renames", "-z")
    found = Changes([], [], [])
    for entry in run_git(folder, *settings, "status", *words, env={"GIT_INDEX_FILE": index} if index else None).split(
        "\0"
    ):
        kind, _, rest = entry.partition(" ")
        if kind not in _FIELDS:
            continue
        *fields, path = rest.split(" ", _FIELDS[kind])
        # The second field of a submodule is S, then whether its commit, its files, and its untracked files differ.
        if kind == "?" or (fields[0] == ".M" and fields[1] == "S..U"):
            found.untracked.append(path)
            continue
        found.tracked.append(path)
        if fields[0][1] != ".":
            found.in_files.append(path)
    return found


def clean_head(folder: str) -> str | None:
    """The commit that is checked out, if nothing differs from it, new files included; else None. One call of git."""
    head, paths = head_and_changes(folder)
    return None if paths else head


def uncommitted_paths(folder: str, untracked: bool = True) -> list[str]:
    """Paths with uncommitted changes, and untracked ones if asked for, as `git status --porcelain` lines."""
    return run_git(folder, "status", "--porcelain", f"--untracked-files={'normal' if untracked else 'no'}").splitlines()


def paths_changed_since(folder: str, commit: str) -> set[str]:
    """The paths that differ from a commit, committed since or not, new ones among them."""
    tracked = run_git(folder, "diff", "--name-only", "--no-renames", "-z", commit)
    new = run_git(folder, "ls-files", "--others", "--exclude-standard", "-z")
    return {path for path in (*tracked.split("\0"), *new.split("\0")) if path}
