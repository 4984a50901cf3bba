"""Processes with a bound, and the end of what they leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def start(command: Sequence[str], cwd: Path, env: Mapping[str, str], stderr: Any) -> subprocess.Popen[str]:
    """Start a command that leads a process group, with exactly this environment; its input and output are pipes."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=cwd, env=env, stdin=pipe, stdout=pipe, stderr=stderr, text=True, start_new_session=True
    )


def run(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Raises AssertionError when it, or what holds its output open, takes too long."""
    process = start(command, cwd, env, subprocess.PIPE)
    try:
        output, errors = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"{command[-1]!r} did not end in {timeout} s; so far: {error.stdout!r}") from error
    finally:
        if process.returncode is None:
            kill_group(process)
        close_pipes(process)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def kill_group(process: subprocess.Popen[str]) -> None:
    """End a process that leads its own group, and all that is in the group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def close_pipes(process: subprocess.Popen[str]) -> None:
    """Let go of an ended process's pipes; nobody may be reading them."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def living_in(home: Path) -> dict[int, str]:
    """The processes, by id, whose HOME this is, with their command lines; none where there is no /proc."""
    mark = f"HOME={home}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile, or not ours
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                found[int(folder.name)] = b" ".join(words).decode(errors="replace").strip()
    return found
