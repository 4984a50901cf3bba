"""Running a verb in a process that dies, or whose disk is full, at one of the steps of its operations.

A step is the begin or the end of a transaction, of an effect, or of taking one back.
"""

from __future__ import annotations

import errno
import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from atlas.cli.main import main
from atlas.services.orchestration import dispatch, handover, starting
from atlas.services.project.context import Context
from atlas.services.project.operation import Operation
from atlas.services.proof import completion
from atlas.services.sessions import launch
from atlas.services.workspaces import removal, workspaces

WITH_OPERATIONS = (completion, dispatch, handover, launch, removal, starting, workspaces)
"""The modules in which operations are: commands import them when they are used, steps are put around them before."""

NEVER = -1


class Ended(NamedTuple):
    """How a verb ended: its exit code (negative: the signal), what it said on stderr, and the steps that it took."""

    code: int
    said: str
    steps: list[str]


def run_in_steps(
    folder: Path, scratch: Path, verb: str, *arguments: str, kill_at: int = NEVER, fail_at: int = NEVER
) -> Ended:
    """Run a verb in a process of its own, in `folder`; it is killed, or meets a full disk, at the steps so numbered."""
    said, taken = scratch / "said", scratch / "steps"
    taken.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.chdir(folder)
            handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(handle, 1)
            os.dup2(handle, 2)
            sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
            _install(_Steps(taken, kill_at, fail_at))
            code = main(verb, list(arguments))
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    steps = taken.read_text("utf-8").splitlines() if taken.exists() else []
    return Ended(os.waitstatus_to_exitcode(status), said.read_text("utf-8"), steps)


class _Steps:
    def __init__(self, taken: Path, kill_at: int, fail_at: int) -> None:
        self._taken, self._kill_at, self._fail_at, self._count = taken, kill_at, fail_at, 0

    def take(self, name: str) -> None:
        with self._taken.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        number, self._count = self._count, self._count + 1
        if number == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == self._fail_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "the disk")

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def stepped(*arguments: Any, **named: Any) -> Any:
            self.take(f"{name} begins")
            result = function(*arguments, **named)
            self.take(f"{name} ends")
            return result

        return stepped


def _install(steps: _Steps) -> None:
    Context.transact = steps.around("transaction", Context.transact)  # type: ignore[method-assign]
    for operation in _operations(Operation):
        for name, kind in (("act", "effect"), ("take_back", "taking back")):
            if name in vars(operation):
                setattr(operation, name, steps.around(kind, vars(operation)[name]))


def _operations(parent: type[Any]) -> Iterator[type[Any]]:
    for one in parent.__subclasses__():
        yield one
        yield from _operations(one)
