"""Everything out of a work tree that is not in its commit, or not of the kind and mode that a new clone would have.

What files hold is not looked at here: nothing is opened, so that a pipe or a device in a file's place does no harm.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Container, Iterable
from typing import Any, NamedTuple

LINK, PROGRAM, REPOSITORY = "120000", "100755", "160000"
"""Modes as git writes them: of a symbolic link, of an executable file, of a submodule."""


class Modes(NamedTuple):
    """The modes that this process's new files, executable files and folders have in one place."""

    file: int
    program: int
    folder: int


def probe_modes(place: str) -> Modes:
    """Make one of each in the folder `place` and look: the umask is not all that decides."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        inner = os.path.join(folder, "inner")
        found = []
        for name, mode in (("file", 0o666), ("program", 0o777)):
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT, mode))
            found.append(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode))
        os.mkdir(inner)
        return Modes(found[0], found[1], stat.S_IMODE(os.stat(inner).st_mode))


def scrub_tree(folder: str, entries: Iterable[tuple[str, str]], filled: Container[str], modes: Modes) -> None:
    """Remove what is not among `entries` (path and git's mode) or looks other than a new clone's.

    `.git` at the top is left alone, and so is what lies in the submodules that are `filled`; others are emptied.
    Raises OSError that names what cannot be removed.
    """
    tree: dict[str, Any] = {}
    for path, mode in entries:
        *parents, name = path.split("/")
        inner = tree
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[name] = ({} if path not in filled else None) if mode == REPOSITORY else mode
    _Scrub(modes).walk(folder, tree, top=True)


class _Scrub:
    def __init__(self, modes: Modes) -> None:
        self._modes, self._user, self._now = modes, os.geteuid(), time.time() + 1

    def walk(self, folder: str, tree: dict[str, Any], top: bool = False) -> None:
        self._mend_folder(folder)
        with os.scandir(folder) as found:
            entries = list(found)
        for entry in entries:
            if top and entry.name == ".git":
                continue
            wanted = tree.get(entry.name, "")
            about = entry.stat(follow_symlinks=False)
            if not self._is_as_new(about, wanted):
                remove(entry.path)
            elif isinstance(wanted, dict):
                self.walk(entry.path, wanted)

    def _mend_folder(self, folder: str) -> None:
        if stat.S_IMODE(os.lstat(folder).st_mode) != self._modes.folder:
            os.chmod(folder, self._modes.folder)

    def _is_as_new(self, about: os.stat_result, wanted: str | dict[str, Any] | None) -> bool:
        if not isinstance(wanted, str):
            return stat.S_ISDIR(about.st_mode) and about.st_uid == self._user
        # A second name of the file leads to it from elsewhere; a time to come makes `make` take it for new.
        if about.st_nlink != 1 or about.st_uid != self._user or about.st_mtime > self._now:
            return False
        if wanted == LINK:
            return stat.S_ISLNK(about.st_mode)
        mode = self._modes.program if wanted == PROGRAM else self._modes.file
        return wanted != "" and stat.S_ISREG(about.st_mode) and stat.S_IMODE(about.st_mode) == mode


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
    try:
        if stat.S_ISDIR(about.st_mode):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except (OSError, RecursionError):
        if stat.S_ISDIR(about.st_mode):
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
