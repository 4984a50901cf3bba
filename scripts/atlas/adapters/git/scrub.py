"""Everything out of a work tree that is not in its commit, or not of the kind and mode that a new clone would have.

What files hold is not looked at here: nothing is opened, so that a pipe or a device in a file's place does no harm.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Container, Iterable
from typing import NamedTuple

from atlas.adapters.system.scratch import remove

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
    _Scrub(_sort_entries(entries, filled, modes), modes.folder).walk(folder, "")


_Wanted = dict[str, "int | None"]
"""What a folder is to have in it: the mode of each file, None for a folder."""


def _sort_entries(entries: Iterable[tuple[str, str]], filled: Container[str], modes: Modes) -> dict[str, _Wanted]:
    """What each folder is to have in it, by the folder's path."""
    kinds = {LINK: stat.S_IFLNK, PROGRAM: stat.S_IFREG | modes.program}
    tree: dict[str, _Wanted] = {"": {}}
    for path, mode in entries:
        folder, _, name = path.rpartition("/")
        inner = tree.get(folder)
        if inner is None:
            inner = _add_folder(tree, folder)
        if mode == REPOSITORY:
            inner[name] = None
            if path not in filled:
                tree[path] = {}
        else:
            inner[name] = kinds.get(mode, stat.S_IFREG | modes.file)
    return tree


def _add_folder(tree: dict[str, _Wanted], path: str) -> _Wanted:
    tree[path] = {}
    folder, _, name = path.rpartition("/")
    (tree[folder] if folder in tree else _add_folder(tree, folder))[name] = None
    return tree[path]


class _Scrub:
    def __init__(self, tree: dict[str, _Wanted], mode: int) -> None:
        self._tree, self._mode, self._user = tree, mode, os.geteuid()

    def walk(self, folder: str, path: str) -> None:
        """Go through a folder that is one of ours; `path` is the same as the commit has it."""
        wanted, user = self._tree[path], self._user
        with os.scandir(folder) as found:
            entries = list(found)
        for entry in entries:
            about = entry.stat(follow_symlinks=False)
            mode = wanted.get(entry.name, 0)
            if mode is None:
                self._enter(entry, about, f"{path}/{entry.name}" if path else entry.name)
            elif path or entry.name != ".git":
                kind = about.st_mode if mode != stat.S_IFLNK else stat.S_IFMT(about.st_mode)
                # A second name leads to the file from elsewhere. A time that was set misleads `make`, and could hide a
                # change from git, which compares seconds.
                is_touched = int(about.st_mtime) != int(about.st_ctime)
                if kind != mode or about.st_nlink != 1 or about.st_uid != user or is_touched:
                    remove(entry.path)

    def _enter(self, entry: os.DirEntry[str], about: os.stat_result, path: str) -> None:
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != self._user:
            remove(entry.path)
            return
        if stat.S_IMODE(about.st_mode) != self._mode:
            os.chmod(entry.path, self._mode)
        if path in self._tree:
            self.walk(entry.path, path)
