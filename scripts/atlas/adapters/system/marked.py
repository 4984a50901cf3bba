"""What a killed helper leaves behind: processes with its mark in their environment, and their temporary folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

from .process import list_ancestors
from .scratch import remove_left

MARK = "ATLAS_PROOF"
"""The variable that all processes of a check have, unless they took it away themselves."""
_SECONDS = 10
_ROUND_SECONDS = 0.005


def end_marked(mark: str) -> None:
    """Kill every process that has the mark in its environment, and remove the temporary folders of its checks.

    This process and those above it are left alone, and so is what cannot be killed.
    """
    spared = {os.getpid(), *list_ancestors()}
    deadline = time.monotonic() + _SECONDS
    while (found := _marked_processes(mark) - spared) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_ROUND_SECONDS)
    remove_left(mark)


def _marked_processes(mark: str) -> set[int]:
    """Those whose environment has the mark, as far as this user may see it."""
    entry = os.fsencode(f"{MARK}={mark}")
    if not os.path.isdir("/proc/self"):
        return _marked_by_ps(entry)
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
            if entry in file.read().split(b"\0"):
                found.add(int(name))
    return found


def _marked_by_ps(entry: bytes) -> set[int]:
    """Where there is no /proc: `ps` shows the environment behind the command, separated by spaces."""
    try:
        shown = subprocess.run(
            ["ps", "-A", "-E", "-ww", "-o", "pid=,command="], capture_output=True, check=False
        ).stdout
    except OSError:
        return set()
    lines = (line.strip().partition(b" ") for line in shown.splitlines())
    return {int(pid) for pid, _, text in lines if f" {os.fsdecode(entry)} " in f" {os.fsdecode(text)} "}
