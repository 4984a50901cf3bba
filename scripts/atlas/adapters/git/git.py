"""Git, as a program: every call is a list of arguments, with the caller's own GIT_* variables left out."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Container, Mapping

from atlas.core.errors import AtlasError

_SECONDS = 60
_KEPT = (
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS"),
    # Whose commits these are, where the machine says so in the environment only.
    *("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"),
)
_OWN = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    # Commits count as they are, not as replace refs and grafts of this clone show them.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.path.join(os.devnull, "none"),  # of a file that is there, git complains
}


def run_git(
    folder: str,
    *arguments: str,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    codes: Container[int] = (0,),
    seconds: float = _SECONDS,
    apart: bool = False,
) -> str:
    """What `git ARGUMENTS` prints in `folder`, without the last newline; `codes` are the exit codes that mean success.

    What runs `apart` has no terminal to ask at, and the programs that git started are ended with it.
    Raises AtlasError with git's own reason when it fails, is missing, or takes longer than `seconds`.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in _KEPT}
    try:
        process = subprocess.Popen(
            ["git", *_without_lfs(), *arguments],
            cwd=folder,
            env={**environment, **_OWN, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=apart,
        )
        output, errors = _talk(process, (stdin or "").encode("utf-8", "surrogateescape"), seconds, apart)
    except FileNotFoundError as error:
        raise AtlasError("git was not found: install git 2.38 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise AtlasError(f"git {arguments[0]} took longer than {seconds:.0f} s in {folder}") from error
    if process.returncode not in codes:
        said = errors.decode(errors="replace").strip().splitlines() or ["no message"]
        reason = next((line for line in said if line.startswith("fatal: ")), said[-1])
        raise AtlasError(f"git {arguments[0]} failed: {reason}")
    return output.decode(errors="surrogateescape").removesuffix("\n")


def _talk(process: subprocess.Popen[bytes], data: bytes, seconds: float, apart: bool) -> tuple[bytes, bytes]:
    """What a process says on its two outputs; it is killed when that takes too long, or is interrupted."""
    with process:
        try:
            return process.communicate(data, seconds)
        except BaseException:
            if apart:
                with contextlib.suppress(OSError):  # macOS may refuse it for a group that is ending
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise


@functools.cache
def _without_lfs() -> tuple[str, ...]:
    """Where Git LFS is configured but not installed, its filter would fail: files stay the pointers that they are."""
    if shutil.which("git-lfs"):
        return ()
    off = ("clean=", "smudge=", "process=", "required=false")
    return tuple(word for value in off for word in ("-c", f"filter.lfs.{value}"))


@functools.cache
def git_version() -> tuple[int, ...]:
    """Git's version, e.g. (2, 39, 5)."""
    words = run_git(os.curdir, "version").split()
    return tuple(int(part) for part in words[2].split(".") if part.isdigit())
