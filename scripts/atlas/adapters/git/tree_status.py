"""What differs in a worktree from a commit."""

from __future__ import annotations

from typing import NamedTuple

from .git import run_git

_FIELDS = {"1": 7, "u": 9, "?": 0}
"""For each kind of line in git's status, how many fields stand before the path."""


_NEW_IN_SUBMODULE = "S..U"
"""What a line says of a submodule in which nothing but untracked files is to be seen."""


_LOOKS = ("core.fsmonitor=false", "core.untrackedCache=false", "core.trustctime=true", "core.checkStat=default")
"""Settings with which git itself looks whether a file has changed."""


class TreeStatus(NamedTuple):
    """The commit that is checked out, if there is one, and the paths of which the index differs from it (`staged`), of
    which the file differs from the index (`unstaged`), and that are new.

    Of a folder that is new as a whole, only the folder is named.
    """

    head: str | None
    staged: list[str]
    unstaged: list[str]
    new: list[str]

    @property
    def changed(self) -> list[str]:
        """The tracked paths that differ from the commit."""
        return sorted({*self.staged, *self.unstaged})


def read_status(folder: str, index: str | None = None) -> TreeStatus:
    """What differs in a worktree, in its submodules too, whatever git is configured to pass over. One call of git.

    `index` is a file to take in the place of the worktree's own index.
    """
    words = ("--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=normal", "--ignore-submodules=none")
    settings = [word for setting in _LOOKS for word in ("-c", setting)]
    own = {"GIT_INDEX_FILE": index} if index else None
    tokens = iter(run_git(folder, *settings, "status", *words, "--no-renames", "-z", env=own).split("\0"))
    head, found = None, TreeStatus(None, [], [], [])
    for token in tokens:
        kind, _, rest = token.partition(" ")
        if kind == "#" and rest.startswith("branch.oid "):
            head = rest.removeprefix("branch.oid ")
        elif kind in _FIELDS:
            *fields, path = rest.split(" ", _FIELDS[kind])
            if kind == "?" or fields[:2] == [".M", _NEW_IN_SUBMODULE]:
                found.new.append(path)
                continue
            if fields[0][0] != ".":
                found.staged.append(path)
            if fields[0][1] != ".":
                found.unstaged.append(path)
    return found._replace(head=None if head == "(initial)" else head)


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
