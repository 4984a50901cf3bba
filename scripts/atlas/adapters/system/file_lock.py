"""Locks that end with the process that holds them, so that one left behind by a crash is free again."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from atlas.core.errors import AtlasError

from .disk import make_private_folder

_LOOK_SECONDS = 0.05


@contextmanager
def hold_lock(path: str, what: str, patience: float = 0) -> Iterator[None]:
    """Hold the lock file at `path`. Raises AtlasError, naming `what`, when another process keeps it for longer than
    `patience` seconds.
    """
    make_private_folder(os.path.dirname(path))
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + patience
    try:
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                raise AtlasError(f"another command is at work on {what}: wait for it to end, then run this again")
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(path: str) -> bool:
    """Whether no process holds the lock now."""
    try:
        with hold_lock(path, ""):
            return True
    except AtlasError:
        return False
