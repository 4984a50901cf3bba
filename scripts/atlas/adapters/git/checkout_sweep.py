"""Taking away from a work tree all that a commit does not have, and all that is not as git would make it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from typing import Any, NamedTuple

from . import git

_LINK, _MODULE = "120000", "160000"


class Content(NamedTuple):
    """What a commit has: the mode of every path, the folders that these lie in, and the objects of some files."""

    modes: dict[str, str]
    folders: set[str]
    objects: dict[str, str]

    def marked(self) -> list[str]:
        """What decides how files are checked out and submodules filled: attributes, submodules and where they are."""
        names = (".gitattributes", ".gitmodules")
        return [
            f"{mode} {self.objects[path]} {path}"
            for path, mode in self.modes.items()
            if mode == _MODULE or path.endswith(names)
        ]

    def modules(self) -> dict[str, str]:
        """The commits of submodules, by path."""
        return {path: self.objects[path] for path, mode in self.modes.items() if mode == _MODULE}


def read_content(folder: str, commit: str) -> Content:
    """What a commit has."""
    modes, objects, folders = {}, {}, set()
    for line in git.run_git(folder, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0"):
        if line:
            about, _, path = line.partition("\t")
            mode, _, name = about.split(" ")
            modes[path], objects[path] = mode, name
            above = path.rpartition("/")[0]
            while above and above not in folders:
                folders.add(above)
                above = above.rpartition("/")[0]
    return Content(modes, folders, objects)


def sweep(tree: str, content: Content) -> None:
    """Remove from `tree` all that is not in the commit, and files of another kind, mode or number of names than git's.

    Content is not looked at. Raises OSError when something cannot be removed.
    """
    mask = os.umask(0)
    os.umask(mask)
    _sweep_folder(tree, "", content, mask)


def _sweep_folder(folder: str, prefix: str, content: Content, mask: int) -> None:
    _correct_mode(folder, mask)
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            if path == ".git":
                continue
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                if path in content.folders:
                    _sweep_folder(entry.path, f"{path}/", content, mask)
                else:
                    remove_tree(entry.path)
            elif not _is_as_made(found, content.modes.get(path), mask):
                os.unlink(entry.path)


def _correct_mode(folder: str, mask: int) -> None:
    wanted = 0o777 & ~mask
    if stat.S_IMODE(os.lstat(folder).st_mode) & 0o1777 != wanted:
        os.chmod(folder, wanted)


def _is_as_made(found: os.stat_result, mode: str | None, mask: int) -> bool:
    if mode is None or found.st_nlink != 1:
        return False
    if mode == _LINK:
        return stat.S_ISLNK(found.st_mode)
    wanted = (0o777 if mode == "100755" else 0o666) & ~mask
    return stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == wanted


def remove_tree(path: str) -> None:
    """Remove a file, a link or a whole folder, unreadable folders too; nothing when it is not there. Raises OSError."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(path)
        return
    shutil.rmtree(path, onerror=_open_up)


def _open_up(function: Callable[..., Any], path: str, _why: Any) -> None:
    """Try again what could not be removed, with the folders around it open to their owner."""
    os.chmod(os.path.dirname(path), 0o700)
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, 0o700)
        if function is not os.rmdir:
            shutil.rmtree(path)
            return
    if os.path.lexists(path):
        function(path)
