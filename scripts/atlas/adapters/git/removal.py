"""Removing what programs left, whatever it is, but never what is mounted there."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess


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
