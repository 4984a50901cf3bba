"""Locks that end with the process that holds them, so that one left behind by a crash is free again."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from atlas.core.errors import AtlasError

from .store.disk import private_folder


@contextmanager
def held(path: str, what: str) -> Iterator[None]:
    """Hold the lock file at `path`. Raises AtlasError at once, naming `what`, when another process has it."""
    private_folder(os.path.dirname(path))
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise AtlasError(f"another command is at work on {what}: wait for it to end, then run this again") from None
    try:
        yield
    finally:
        os.close(handle)


def is_free(path: str) -> bool:
    """Whether no process holds the lock now."""
    try:
        with held(path, ""):
            return True
    except AtlasError:
        return False
