"""Folders for programs: a check's temporary one, found again by its mark, and removing whatever a program left."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile


def make_scratch(mark: str) -> str:
    """Make a temporary folder, and return its path, which is short: sockets are made there."""
    return tempfile.mkdtemp(prefix=_prefix(mark))


def remove_left(mark: str) -> None:
    """Remove the folders that killed processes left."""
    folder, prefix = tempfile.gettempdir(), _prefix(mark)
    names: list[str] = []
    with contextlib.suppress(OSError):  # this user may not look into it
        names = os.listdir(folder)
    for name in names:
        if name.startswith(prefix):
            remove_scratch(os.path.join(folder, name))


def _prefix(mark: str) -> str:
    return f"atlas-{hashlib.sha256(os.fsencode(mark)).hexdigest()[:12]}-"


def remove_scratch(path: str) -> None:
    """Remove a folder of this user's with all that is in it, or what a check has put in its place."""
    with contextlib.suppress(OSError):
        if os.lstat(path).st_uid == os.geteuid():
            remove(path)


def is_own_folder(path: str) -> bool:
    """Whether there is a folder of this user, and not a link to one."""
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()


def remove(path: str) -> None:
    """Remove whatever is at `path`, if anything. Raises OSError that names it when something of it stays."""
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        return
    is_folder = stat.S_ISDIR(about.st_mode)
    mount = mount_below(path) if is_folder else None
    if mount:
        raise OSError(errno.EBUSY, "is mounted and cannot be removed", mount)
    try:
        if is_folder:
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except (OSError, RecursionError):
        if is_folder:
            # Folders without rights, and those nested deeper than Python goes.
            subprocess.run(["chmod", "-R", "u+rwX", path], capture_output=True, check=False)
            subprocess.run(["rm", "-rf", path], capture_output=True, check=False)
    if os.path.lexists(path):
        raise OSError(errno.EBUSY, "cannot be removed", path)


def mount_below(folder: str) -> str | None:
    """A file system that is mounted at or below a folder, where the system lists them: what is in it is not ours."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            points = [re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split()[4]) for line in file]
    except OSError:
        return None
    real = os.path.realpath(folder)
    return next((point for point in points if point == real or point.startswith(f"{real}/")), None)
