"""Killing ATLAS: at a chosen call of git, before or after it, or together with all it started at a random moment."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.conftest import script_of
from tests.support import PYTHON, git

from .project import Project

KILLING_GIT = """\
#!/bin/sh
number=$(($(cat "{count}") + 1))
echo $number >"{count}"
[ "$number" = "$STRIKE" ] && [ "$MOMENT" = before ] && kill -9 $PPID && exit 1
"{real}" "$@"
code=$?
[ "$number" = "$STRIKE" ] && [ "$MOMENT" = after ] && kill -9 $PPID
exit $code
"""
"""A git that counts its calls in the file `count`, and kills its caller at the one whose number is in STRIKE."""


class Striker:
    """Runs verbs whose git kills them."""

    def __init__(self, project: Project, folder: Path) -> None:
        self._project = project
        self._count = folder / "count"
        wrapper = folder / "bin" / "git"
        wrapper.parent.mkdir(parents=True)
        real = Path(git(project.folder, "--exec-path"), "git")
        wrapper.write_text(KILLING_GIT.format(count=self._count, real=real))
        wrapper.chmod(0o755)
        self._path = f"{wrapper.parent}:{os.environ['PATH']}"

    def calls(self, verb: str, *arguments: str) -> int:
        """Run a verb to its end; how often it called git."""
        assert self._run(verb, arguments, 0, "") == 0
        return int(self._count.read_text())

    def strike(self, number: int, moment: str, verb: str, *arguments: str) -> bool:
        """Run a verb that dies at its `number`-th call of git; whether it did."""
        return self._run(verb, arguments, number, moment) == -signal.SIGKILL

    def _run(self, verb: str, arguments: tuple[str, ...], number: int, moment: str) -> int:
        self._count.write_text("0")
        env = {"PATH": self._path, "STRIKE": str(number), "MOMENT": moment}
        return self._project.run(verb, *arguments, env=env).returncode


def kill_at_random(project: Project, most: float, verb: str, *arguments: str) -> bool:
    """Start a verb and kill it with everything it started, within `most` seconds; whether that was before its end."""
    process = subprocess.Popen(
        [PYTHON, script_of(verb), *arguments],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(random.uniform(0, most))  # not to wait for something, but to strike anywhere
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def seconds(project: Project, verb: str, *arguments: str) -> float:
    """How long a verb takes here."""
    began = time.monotonic()
    assert project.run(verb, *arguments).returncode == 0
    return time.monotonic() - began
