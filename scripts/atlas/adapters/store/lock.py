"""The store's lock: filelock, with a queue in front of it so that nobody starves.

filelock polls, so of several waiters the one that happens to look first gets the lock, and a busy writer gets it
again and again. Each waiter therefore leaves a ticket, and only the holder of the oldest live ticket polls the lock
itself. Tickets only order the waiters: mutual exclusion rests on filelock alone.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from atlas.adapters.system.disk import make_private_folder
from atlas.adapters.system.packages import activate_packages
from atlas.core.errors import AtlasError

WAIT_SECONDS = 60.0
_POLL = 0.002  # a commit takes some milliseconds: looking less often would idle the lock
_STALE = 1.0
"""A waiter touches its ticket at every look; one untouched for so many seconds belongs to a stopped process."""


@contextlib.contextmanager
def lock_store(folder: str, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of the store in `folder`. Raises AtlasError after `wait` seconds of waiting."""
    activate_packages()
    import filelock

    make_private_folder(folder)
    lock = filelock.FileLock(os.path.join(folder, "lock"), mode=0o600, poll_interval=_POLL)
    deadline = time.monotonic() + wait
    queue = _Ticket(os.path.join(folder, "queue"))
    try:
        while True:
            if queue.is_first():
                with contextlib.suppress(filelock.Timeout):
                    lock.acquire(timeout=0)
                    break
            if time.monotonic() > deadline:
                raise AtlasError(
                    f"the state is locked by another command for {wait:.0f} s; try again, or see `atlas doctor`"
                )
            # Only the first in the queue polls, so this costs no more with many waiters.
            time.sleep(_POLL)
    finally:
        queue.leave()
    try:
        yield
    finally:
        lock.release()


class _Ticket:
    """A place in the queue: a file whose name sorts by the time of arrival."""

    def __init__(self, folder: str) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._name = f"{time.time_ns():020d}-{os.getpid()}"
        self._path = os.path.join(folder, self._name)

    def is_first(self) -> bool:
        """Whether no live waiter came before; says in passing that this one is alive."""
        self._touch()
        for name in sorted(os.listdir(self._folder)):
            if name >= self._name:
                return True
            if not self._passed_over(name):
                return False
        return True

    def _touch(self) -> None:
        try:
            os.utime(self._path)
        except FileNotFoundError:
            # Another waiter took this process for dead and removed its ticket: it keeps its place by its name.
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600))

    def _passed_over(self, name: str) -> bool:
        path = os.path.join(self._folder, name)
        try:
            if not _is_dead(name.rpartition("-")[2]) and time.time() - os.stat(path).st_mtime < _STALE:
                return False
            os.unlink(path)
        except FileNotFoundError:
            pass
        return True

    def leave(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)


def _is_dead(process: str) -> bool:
    """Whether there is no such process here. A wrong guess costs a waiter its place, nothing more."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, PermissionError):
        pass
    return False
