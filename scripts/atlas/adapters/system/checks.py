"""Running a module's check commands: the one place where text from the plan is given to a shell, on purpose."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from atlas.core.records.rows import CheckRun

from .marked import MARK, end_marked
from .scratch import make_scratch, remove_scratch

__all__ = ["Limits", "end_marked", "run_check"]
_REAPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reaper.py")
_MEGABYTE = 1_000_000
_PATIENCE = 30.0
"""Seconds beyond its own limit after which a helper that does not answer counts as dead."""


class Limits(NamedTuple):
    """What a check may take: seconds, megabytes that it prints, and megabytes of its folder and temporary folder."""

    seconds: float = 600
    output_mb: int = 64
    disk_mb: int = 10_000


def run_check(command: str, folder: str, limits: Limits, environment: Mapping[str, str], mark: str) -> CheckRun:
    """Run a shell command in `folder` with this environment, and end all that it started.

    A helper process runs it, in a session of its own without input and terminal, and with a temporary folder of its
    own; `mark` is in its environment. What an earlier check with this mark has left is ended first: at most one may run
    at a time. Exit code 127 stands for a shell that could not be started, too.
    """
    end_marked(mark)
    scratch = make_scratch(mark)
    try:
        own = {**environment, MARK: mark, "TMPDIR": scratch}
        order = {
            "command": _wire(command),
            "folder": _wire(folder),
            "folders": [_wire(folder), _wire(scratch)],
            "environment": {_wire(name): _wire(value) for name, value in own.items()},
            "seconds": limits.seconds,
            "output": limits.output_mb * _MEGABYTE,
            "disk": limits.disk_mb * _MEGABYTE,
        }
        ended = _have_run(order, mark)
    finally:
        remove_scratch(scratch)
    return {"command": command, **ended}  # type: ignore[typeddict-item]


def _wire(text: str) -> str:
    """A text of the system's, a character for each of its bytes, whatever encoding the helper takes to be right."""
    return os.fsencode(text).decode("latin-1")


def _have_run(order: dict[str, Any], mark: str) -> dict[str, Any]:
    """Have a helper run the check; a helper that died is told as such, and its children are ended."""
    began = time.monotonic()
    helper = subprocess.Popen(
        [sys.executable, "-I", "-S", _REAPER],
        cwd="/",
        env={"PATH": os.defpath},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Interrupting ATLAS at the terminal must not reach the helper before it has ended the check.
        start_new_session=True,
    )
    assert helper.stdin is not None
    assert helper.stdout is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            helper.stdin.write(json.dumps(order).encode() + b"\n")
            helper.stdin.flush()
        said = _read_answer(helper.stdout.fileno(), began + order["seconds"] + _PATIENCE)
    finally:
        _end_helper(helper)
    answer = _parse_answer(said)
    if not answer.pop("reaper", False):
        end_marked(mark)
    return answer or {
        "exit_code": None,
        "seconds": round(time.monotonic() - began, 3),
        "output_tail": "",
        "output_sha256": hashlib.sha256().hexdigest(),
        "stopped": "killed",
    }


def _read_answer(handle: int, deadline: float) -> bytes:
    """What the helper answers; nothing when it died, or does not answer in time."""
    said = b""
    while select.select([handle], [], [], max(0, deadline - time.monotonic()))[0]:
        piece = os.read(handle, 65_536)
        if not piece:
            return said
        said += piece
    return b""


def _parse_answer(said: bytes) -> dict[str, Any]:
    """The answer; an empty one where it was cut off."""
    try:
        return dict(json.loads(said))
    except ValueError:
        return {}


def _end_helper(helper: subprocess.Popen[bytes]) -> None:
    """Let go of the helper, which ends what it runs and itself; kill it when it does not."""
    assert helper.stdin is not None
    assert helper.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        helper.stdin.close()
    try:
        helper.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        helper.kill()
        helper.wait()
    helper.stdout.close()
