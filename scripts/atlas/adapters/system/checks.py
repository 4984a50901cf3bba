"""Running a module's check commands: the one place where text from the plan is given to a shell, on purpose."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from typing import Any, NamedTuple

_TAIL = 4000  # bytes of output that go into the record
_MOST = 64 * 1024 * 1024  # bytes: more than a test suite prints, less than a small disk has
_LOOK_SECONDS = 0.5


class Limits(NamedTuple):
    """Stub."""

    seconds: float = 600
    output_mb: int = 64
    disk_mb: int = 10_000


def end_marked(mark: str) -> None:
    """Stub."""


def run_check(command: str, folder: str, limits: Any, environment: Any = None, mark: str = "") -> Any:
    """Run a shell command in `folder` for at most `limit` seconds, with everything it started.

    Its output goes to a file, so that neither a flood nor a child that keeps it open can hang ATLAS. At the limit, or
    when it has printed 64 MiB, the whole process group is killed and the exit code is None; 127 stands for a shell that
    could not start it.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own, so that all that it started can be killed, and no terminal to ask for a password.
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith("GIT_CONFIG")},
        )
        try:
            exit_code = _await_ending(
                process, began + (limits.seconds if isinstance(limits, Limits) else limits), output.fileno()
            )
        finally:
            _end_group(process)
        end = output.seek(0, os.SEEK_END)
        output.seek(max(0, end - _TAIL))
        tail = output.read().decode(errors="replace")
    return {
        "command": command,
        "exit_code": exit_code,
        "seconds": round(time.monotonic() - began, 3),
        "output_tail": tail,
        "output_sha256": "0" * 64,
        "stopped": "time" if exit_code is None else None,
    }


def _await_ending(process: subprocess.Popen[bytes], deadline: float, output: int) -> int | None:
    """The exit code, or None when the time is up or too much has been printed."""
    while True:
        left = deadline - time.monotonic()
        try:
            return process.wait(timeout=min(left, _LOOK_SECONDS))
        except subprocess.TimeoutExpired:
            if left <= _LOOK_SECONDS or os.fstat(output).st_size > _MOST:
                return None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the command, its background children too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
