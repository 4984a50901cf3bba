"""Accidents at the n-th system call that a process makes to change files: it dies there, or the call fails."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
from collections.abc import Callable, Iterator
from typing import Any

STEPS = ("open", "write", "fsync", "replace", "rename", "unlink", "ftruncate", "utime", "mkdir")
FILLING = ("write", "mkdir")


class Accident:
    """`how`: `die` before the call, `tear` the n-th write (die half-way through it), `fail`, or find the disk `full`,
    as every later call that needs room does."""

    def __init__(self, step: int, how: str) -> None:
        self._step, self._how = step, how
        self._count = 0
        self.happened = False
        for name in STEPS:
            setattr(os, name, self._guard(name, getattr(os, name)))

    def _guard(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            self._count += self._how != "tear" or name == "write"
            if self._count == self._step:
                self.happened = True
                self._happen(name, call, arguments)
            if self._how == "full" and self._count >= self._step and _needs_room(name, arguments):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
            return call(*arguments, **options)

        return guarded

    def _happen(self, name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if self._how == "tear":
            handle, data = arguments
            call(handle, bytes(data)[: len(data) // 2])
        if self._how in ("die", "tear"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._how == "fail":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(arguments[0]))


def _needs_room(name: str, arguments: tuple[Any, ...]) -> bool:
    return name in FILLING or (name == "open" and bool(arguments[1] & os.O_CREAT))


@contextlib.contextmanager
def small_files(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: the write that would is cut short, the next one fails."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
