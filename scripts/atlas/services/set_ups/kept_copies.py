"""Copies of what a set-up made in a clone, each under a name that says of what it was made."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence

from atlas.adapters.system import disk
from atlas.adapters.system.scratch import remove

_MOST = 3
"""Copies that are kept for each slot: those used last."""
_MOST_PATHS = 2000
_COPY = ("cp", "-P", "-R", "--preserve=mode,timestamps", "--reflink=auto")
"""GNU's: names of one file become files of their own, and the data is shared where the file system can do that."""


class KeptSetUps:
    """The copies in a folder, which only the holder of a slot uses. A copy has its name when it is complete."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        """Whether there is a copy of this name, be it damaged."""
        return os.path.isdir(os.path.join(self._folder, name))

    def keep(self, name: str, tree: str, paths: Sequence[str]) -> None:
        """Keep these paths of a tree. What cannot be copied is not kept: it is made again when it is needed."""
        if not 0 < len(paths) <= _MOST_PATHS:
            return
        temp = os.path.join(self._folder, ".making")
        try:
            disk.make_private_folder(self._folder)
            remove(temp)
            files = os.path.join(temp, "files")
            os.makedirs(files)
            _copy_paths(tree, paths, files)
            with open(os.path.join(temp, "digest"), "w", encoding="ascii") as file:
                file.write(_digest(files))
            self.drop(name)
            os.rename(temp, os.path.join(self._folder, name))
            self._drop_oldest()
        except OSError:  # shutil.Error is one
            with contextlib.suppress(OSError):
                remove(temp)

    def put_back(self, name: str, tree: str) -> bool:
        """Copy what was kept into a tree. Returns whether that was whole; if not, some of it may be in the tree."""
        kept = os.path.join(self._folder, name)
        files = os.path.join(kept, "files")
        try:
            if disk.read_bytes(os.path.join(kept, "digest")) != _digest(files).encode():
                return False
            _copy_paths(files, os.listdir(files), tree)
            os.utime(kept)
        except OSError:
            return False
        return True

    def drop(self, name: str) -> None:
        """Remove a copy, if it is there. Raises OSError."""
        remove(os.path.join(self._folder, name))

    def _drop_oldest(self) -> None:
        with os.scandir(self._folder) as entries:
            found = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)
        for entry in found[_MOST:]:
            self.drop(entry.name)


def _copy_paths(source: str, paths: Sequence[str], target: str) -> None:
    """Copy paths of a folder to the same places in another one. Raises OSError."""
    if not paths:
        return
    if sys.platform == "linux":
        named = [f"./{path}" for path in paths]
        words = [*_COPY, "--parents", "--", *named, target]
        done = subprocess.run(words, cwd=source, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            return
    for path in paths:  # no GNU system, or what `cp` began
        _copy_one(os.path.join(source, path), os.path.join(target, path))


def _copy_one(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source) and not os.path.islink(source):
        remove(target)
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _digest(folder: str) -> str:
    """A checksum of the names, kinds, modes, sizes and times of all that is in a folder. Raises OSError."""
    lines = hashlib.sha256()
    for line in _describe(folder, ""):
        lines.update(os.fsencode(line) + b"\0")
    return lines.hexdigest()


def _describe(folder: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        about = entry.stat(follow_symlinks=False)
        path = f"{prefix}{entry.name}"
        if stat.S_ISDIR(about.st_mode):
            yield f"{path} {about.st_mode}"
            yield from _describe(entry.path, f"{path}/")
        elif stat.S_ISLNK(about.st_mode):
            yield f"{path} -> {os.readlink(entry.path)}"
        else:
            yield f"{path} {about.st_mode} {about.st_size} {about.st_mtime_ns}"
