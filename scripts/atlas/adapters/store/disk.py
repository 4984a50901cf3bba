"""Files written so that a reader sees the old text or the new one, and only their owner can read them."""

from __future__ import annotations

import os

TEMP_SUFFIX = ".atlas-tmp"


def private_folder(path: str) -> None:
    """Make `path`, and what is missing above it, readable by the owner only."""
    if not os.path.isdir(path):
        os.makedirs(path, mode=0o700, exist_ok=True)


def write_temp(path: str, data: bytes) -> str:
    """Write `data` beside `path` and return that temporary name; `os.replace` puts it into place.

    The name is fixed, because only the holder of the lock writes: what a killed writer left is overwritten.
    """
    folder, name = os.path.split(path)
    temp = os.path.join(folder, f".{name}{TEMP_SUFFIX}")
    if os.path.islink(temp):
        os.unlink(temp)
    handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(handle, "wb") as file:
        file.write(data)
    return temp


def read_bytes(path: str) -> bytes | None:
    """The file's bytes, or None when there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def sync_folder(path: str) -> None:
    """Make the names in a folder survive a power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
