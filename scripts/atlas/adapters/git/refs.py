"""Branches and commits: where a name leads, what a history holds, and moving a branch without losing a race."""

from __future__ import annotations

import contextlib
import os
import time

from atlas.core.errors import AtlasError

from .git import run_git

_FORSAKEN_SECONDS = 10
_LOOK_SECONDS = 0.1


def find_commit(folder: str, name: str) -> str | None:
    """The commit that a full name (`refs/heads/x`, a hash) stands for, or None."""
    return run_git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", codes=(0, 1)) or None


def contains_commit(folder: str, whole: str, part: str) -> bool:
    """Whether the history of the commit `whole` has the commit `part`."""
    return not run_git(folder, "rev-list", "--max-count=1", part, "--not", whole)


def tree_of(folder: str, commit: str) -> str:
    """The tree of a commit."""
    return run_git(folder, "rev-parse", "--verify", f"{commit}^{{tree}}")


def local_branches(folder: str) -> set[str]:
    """The names of all local branches."""
    return set(branch_commits(folder))


def branch_commits(folder: str) -> dict[str, str]:
    """All local branches, each with the commit that it is at."""
    lines = run_git(folder, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads").splitlines()
    return {name: commit for commit, _, name in (line.partition(" ") for line in lines)}


def move_branch(folder: str, name: str, new: str | None, old: str | None) -> None:
    """Make a branch point to `new`, or None to remove it. Raises AtlasError unless it is at `old` (None: not there)."""
    words = ["-d", f"refs/heads/{name}"] if new is None else ["-m", "atlas", f"refs/heads/{name}", new]
    try:
        run_git(folder, "update-ref", *words, old or "")
    except AtlasError:
        # Removing a branch takes the lock of the packed ones, too, even where it is not packed.
        files = (f"refs/heads/{name}.lock", "packed-refs.lock")
        locks = [run_git(folder, "rev-parse", "--path-format=absolute", "--git-path", file) for file in files]
        were_in_the_way = [_is_unlocked(lock) for lock in locks]
        if not any(were_in_the_way):
            raise
        run_git(folder, "update-ref", *words, old or "")


def _is_unlocked(lock: str) -> bool:
    """Whether the lock of a branch was in the way and is gone: let go of, or left by a git that was killed.

    Git keeps it for moments. One that is _FORSAKEN_SECONDS old is taken away.
    """
    try:
        found = os.stat(lock)
        left = _FORSAKEN_SECONDS - (time.time() - found.st_mtime)
    except FileNotFoundError:
        return False
    deadline = time.monotonic() + min(max(left, 0), _FORSAKEN_SECONDS)
    with contextlib.suppress(FileNotFoundError):
        while os.stat(lock).st_ino == found.st_ino:
            if time.monotonic() >= deadline:
                os.unlink(lock)
            time.sleep(_LOOK_SECONDS)
    return True


def head_commit(folder: str) -> str:
    """The commit that is checked out. Raises AtlasError when there is none yet, or it cannot be read."""
    try:
        return run_git(folder, "rev-parse", "--verify", "HEAD^{commit}")
    except AtlasError as error:
        branch = run_git(folder, "symbolic-ref", "--quiet", "HEAD", codes=(0, 1))
        if branch and not _is_there(folder, branch):
            raise AtlasError(f"{folder} has no commit yet: commit the work first") from error
        raise AtlasError(f"{folder}: the commit that is checked out cannot be read ({error})") from error


def _is_there(folder: str, ref: str) -> bool:
    """Whether there is such a ref, be it broken."""
    file = run_git(folder, "rev-parse", "--path-format=absolute", "--git-path", ref)
    return os.path.lexists(file) or bool(run_git(folder, "for-each-ref", ref))


def current_branch(folder: str) -> str | None:
    """The branch that is checked out, or None when HEAD is detached."""
    return run_git(folder, "branch", "--show-current") or None
