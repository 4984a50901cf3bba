"""Git, as a program: every call is a list of arguments, with the caller's own GIT_* variables left out."""

from __future__ import annotations

import os
import subprocess

from atlas.core.errors import AtlasError

_SECONDS = 60
_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS")


def run(folder: str, *arguments: str) -> str:
    """What `git ARGUMENTS` prints in `folder`, without the last newline.

    Raises AtlasError with git's own last line when it fails, is missing, or takes longer than a minute.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in _KEPT}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise AtlasError("git was not found: install git 2.38 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise AtlasError(f"git {arguments[0]} took longer than {_SECONDS} s in {folder}") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise AtlasError(f"git {arguments[0]} failed: {said[-1]}")
    return done.stdout.decode(errors="surrogateescape").removesuffix("\n")


def head(folder: str) -> str:
    """The commit that is checked out. Raises AtlasError when there is none yet."""
    try:
        return run(folder, "rev-parse", "--verify", "HEAD^{commit}")
    except AtlasError as error:
        raise AtlasError(f"{folder} has no commit yet: commit the work first ({error})") from error


def branch(folder: str) -> str | None:
    """The branch that is checked out, or None when HEAD is detached."""
    return run(folder, "branch", "--show-current") or None


def changes(folder: str, untracked: bool = True) -> list[str]:
    """Paths with uncommitted changes, and untracked ones if asked for, as `git status --porcelain` lines."""
    return run(folder, "status", "--porcelain", f"--untracked-files={'normal' if untracked else 'no'}").splitlines()


def version() -> tuple[int, ...]:
    """Git's version, e.g. (2, 39, 5)."""
    words = run(os.curdir, "version").split()
    return tuple(int(part) for part in words[2].split(".") if part.isdigit())
