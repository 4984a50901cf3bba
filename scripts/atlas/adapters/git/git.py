"""Git, as a program: every call is a list of arguments, with the caller's own GIT_* variables left out."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import time
from collections.abc import Container, Mapping

from atlas.core.errors import AtlasError

_SECONDS = 60
_FORSAKEN_SECONDS = 10
_LOOK_SECONDS = 0.1
_FIELDS = {"1": 7, "2": 8, "u": 9, "?": 0}
"""For each kind of line in git's status, how many fields stand before the path."""
_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS")


def run(
    folder: str,
    *arguments: str,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    codes: Container[int] = (0,),
    seconds: float = _SECONDS,
) -> str:
    """What `git ARGUMENTS` prints in `folder`, without the last newline; `codes` are the exit codes that mean success.

    Raises AtlasError with git's own last line when it fails, is missing, or takes longer than `seconds`.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in _KEPT}
    try:
        done = subprocess.run(
            ["git", *_without_lfs(), *arguments],
            cwd=folder,
            env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **(env or {})},
            input=(stdin or "").encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise AtlasError("git was not found: install git 2.38 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise AtlasError(f"git {arguments[0]} took longer than {seconds:.0f} s in {folder}") from error
    if done.returncode not in codes:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise AtlasError(f"git {arguments[0]} failed: {said[-1]}")
    return done.stdout.decode(errors="surrogateescape").removesuffix("\n")


@functools.cache
def _without_lfs() -> tuple[str, ...]:
    """Where Git LFS is configured but not installed, its filter would fail: files stay the pointers that they are."""
    if shutil.which("git-lfs"):
        return ()
    off = ("clean=", "smudge=", "process=", "required=false")
    return tuple(word for value in off for word in ("-c", f"filter.lfs.{value}"))


def commit_of(folder: str, name: str) -> str | None:
    """The commit that a full name (`refs/heads/x`, a hash) stands for, or None."""
    return run(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", codes=(0, 1)) or None


def has(folder: str, whole: str, part: str) -> bool:
    """Whether the history of the commit `whole` has the commit `part`."""
    return not run(folder, "rev-list", "--max-count=1", part, "--not", whole)


def branches(folder: str) -> set[str]:
    """The names of all local branches."""
    return set(run(folder, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines())


def move_branch(folder: str, name: str, new: str | None, old: str | None) -> None:
    """Make a branch point to `new`, or None to remove it. Raises AtlasError unless it is at `old` (None: not there)."""
    words = ["-d", f"refs/heads/{name}"] if new is None else ["-m", "atlas", f"refs/heads/{name}", new]
    try:
        run(folder, "update-ref", *words, old or "")
    except AtlasError:
        # Removing a branch takes the lock of the packed ones, too, even where it is not packed.
        files = (f"refs/heads/{name}.lock", "packed-refs.lock")
        locks = [run(folder, "rev-parse", "--path-format=absolute", "--git-path", file) for file in files]
        were_in_the_way = [_is_unlocked(lock) for lock in locks]
        if not any(were_in_the_way):
            raise
        run(folder, "update-ref", *words, old or "")


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


def head(folder: str) -> str:
    """The commit that is checked out. Raises AtlasError when there is none yet."""
    try:
        return run(folder, "rev-parse", "--verify", "HEAD^{commit}")
    except AtlasError as error:
        raise AtlasError(f"{folder} has no commit yet: commit the work first ({error})") from error


def branch(folder: str) -> str | None:
    """The branch that is checked out, or None when HEAD is detached."""
    return run(folder, "branch", "--show-current") or None


def head_and_changes(folder: str) -> tuple[str | None, list[str]]:
    """The commit that is checked out, if there is one, and the paths that differ from it, new ones among them.

    One call of git. Of a folder that is new as a whole, only the folder is named.
    """
    words = ("--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=normal", "-z")
    tokens = iter(run(folder, "status", *words).split("\0"))
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


def clean_head(folder: str) -> str | None:
    """The commit that is checked out, if nothing differs from it, new files included; else None. One call of git."""
    head, paths = head_and_changes(folder)
    return None if paths else head


def changes(folder: str, untracked: bool = True) -> list[str]:
    """Paths with uncommitted changes, and untracked ones if asked for, as `git status --porcelain` lines."""
    return run(folder, "status", "--porcelain", f"--untracked-files={'normal' if untracked else 'no'}").splitlines()


def changed_since(folder: str, commit: str) -> set[str]:
    """The paths that differ from a commit, committed since or not, new ones among them."""
    tracked = run(folder, "diff", "--name-only", "--no-renames", "-z", commit)
    new = run(folder, "ls-files", "--others", "--exclude-standard", "-z")
    return {path for path in (*tracked.split("\0"), *new.split("\0")) if path}


@functools.cache
def version() -> tuple[int, ...]:
    """Git's version, e.g. (2, 39, 5)."""
    words = run(os.curdir, "version").split()
    return tuple(int(part) for part in words[2].split(".") if part.isdigit())
