"""Running a module's check commands: the one place where text from the plan is given to a shell, on purpose."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time

from atlas.core.model import Check

_TAIL = 4000


def run(command: str, folder: str, limit: float) -> Check:
    """Run a shell command in `folder` for at most `limit` seconds, with everything it started.

    Its output goes to a file, so that neither a flood nor a child that keeps it open can hang ATLAS. At the limit the
    whole process group is killed and the exit code is None; 127 stands for a shell that could not start it.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith("GIT_CONFIG")},
        )
        try:
            exit_code: int | None = process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            exit_code = None
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
    }


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the command, its background children too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
