"""Files written so that a reader sees the old text or the new one, and only their owner can read them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from typing import Any

from .process import process_birth

TEMP_SUFFIX = ".atlas-tmp"
_NO_FILE = (errno.ENOENT, errno.EISDIR, errno.ELOOP)


def make_private_folder(path: str) -> None:
    """Make `path`, and what is missing above it, readable by the owner only."""
    if not os.path.isdir(path):
        make_private_folder(os.path.dirname(path))
        os.makedirs(path, mode=0o700, exist_ok=True)


def write_temp(path: str, data: bytes, synced: bool = False) -> str:
    """Write `data` beside `path` and return that temporary name; `os.replace` puts it into place.

    The name is fixed, because only the holder of the lock writes: what a killed writer left is overwritten.
    When that fails nothing is left behind: raises OSError. `synced` makes the bytes survive a power loss.
    """
    folder, name = os.path.split(path)
    temp = os.path.join(folder, f".{name}{TEMP_SUFFIX}")
    # A link in the repository must not lead a write elsewhere; O_NOFOLLOW below closes the race.
    if os.path.islink(temp):
        os.unlink(temp)
    handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        write_all(handle, data)
        if synced:
            os.fsync(handle)
    except OSError:
        os.unlink(temp)
        raise
    finally:
        os.close(handle)
    return temp


def write_all(handle: int, data: bytes) -> None:
    """Write every byte to an open file."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def read_bytes(path: str) -> bytes | None:
    """The file's bytes, or None when there is no such file, or something that is no file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise


def sync_folder(path: str) -> None:
    """Make the names in a folder survive a power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_cache(path: str) -> dict[str, Any]:
    """What a cache holds; nothing where it is missing or damaged."""
    try:
        found = json.loads(read_bytes(path) or b"{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def write_cache(path: str, content: dict[str, Any]) -> None:
    """Give a cache its content; of two who write at once the later wins. What a killed writer left is taken away."""
    folder = os.path.dirname(path)
    make_private_folder(folder)
    for name in os.listdir(folder):
        pid = name.rpartition(".")[2]
        if pid.isdigit() and process_birth(int(pid)) is None:
            os.unlink(os.path.join(folder, name))
    temp = f"{path}.{os.getpid()}"
    with open(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(temp, path)


def stat_files(folder: str) -> dict[str, tuple[int, ...]]:
    """Everything in a folder by its path, with what changes whenever one of them does, whatever hides that."""
    found: dict[str, tuple[int, ...]] = {}
    waiting = [folder]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                found[entry.path] = (about.st_ino, about.st_mode, about.st_size, about.st_ctime_ns)
                if entry.is_dir(follow_symlinks=False):
                    found[entry.path] = (about.st_ino, about.st_mode)
                    waiting.append(entry.path)
    return found
