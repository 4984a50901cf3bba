"""Processes that outlive a command: told apart from later ones with the same number by when they were born."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

_LOOK_SECONDS = 0.05


def process_birth(pid: int) -> str | None:
    """A text that no other process with this number has, or None when there is no such process (or it is a zombie)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except FileNotFoundError:
        return None if os.path.isdir("/proc/self") else _start_time(pid)
    except OSError:
        return None
    # Field 22 of proc(5), counted from after the name, is the start in ticks since the boot: hence the boot's id.
    return None if fields[0] == "Z" else f"{_boot_id()}-{fields[19]}"


def _boot_id() -> str:
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        return file.read().strip()
    return "boot"


def _start_time(pid: int) -> str | None:
    """Where there is no /proc: the start time as `ps` tells it."""
    return " ".join(_ask_ps("-o", "lstart=", "-p", str(pid)).split()) or None


def _ask_ps(*options: str) -> str:
    try:
        return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def list_ancestors() -> list[int]:
    """The processes above this one, from its parent up, as far as the system tells."""
    parent_of = _read_parent if os.path.isdir("/proc/self") else _parents_by_ps().get
    found: list[int] = []
    pid: int | None = os.getppid()
    while pid and pid not in found:
        found.append(pid)
        pid = parent_of(pid)
    return found


def _read_parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _parents_by_ps() -> dict[int, int]:
    pairs = (line.split() for line in _ask_ps("-A", "-o", "pid=,ppid=").splitlines())
    return {int(pid): int(parent) for pid, parent in pairs}


def is_alive(pid: int, born: str) -> bool:
    """Whether the very process is still running."""
    return process_birth(pid) == born


def end_process(pid: int, born: str, patience: float) -> bool:
    """End a process and its group: asked first, killed after `patience` seconds. Returns whether it was running."""
    if not is_alive(pid, born):
        return False
    _signal_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while is_alive(pid, born):
        if time.monotonic() > deadline:
            _signal_group(pid, signal.SIGKILL)
            break
        time.sleep(_LOOK_SECONDS)
    return True


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        # Only a leader's group is its own: the group of another process may hold the person's shell.
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
