"""Proof checkouts in tests: what lies in one, and a process that holds one."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from atlas.adapters.git.checkout_pool import Checkout, hold_checkout
from tests.support import git


def commit_all(folder: Path, message: str = "Work") -> str:
    """Commit everything there is; returns the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={message}")
    return git(folder, "rev-parse", "HEAD")


def write(path: Path, text: str | bytes) -> Path:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def listing(folder: str | Path) -> dict[str, tuple[int, str | bytes]]:
    """Everything in a work tree but `.git`: path to mode, and content or where a link leads."""
    return dict(_entries(Path(folder), Path(folder)))


def _entries(top: Path, folder: Path) -> Iterator[tuple[str, tuple[int, str | bytes]]]:
    for path in sorted(folder.iterdir()):
        if path.name == ".git":
            continue
        about = path.lstat()
        content: str | bytes = ""
        if stat.S_ISLNK(about.st_mode):
            content = os.readlink(path)
        elif stat.S_ISREG(about.st_mode):
            assert about.st_nlink == 1, f"{path} has another name"
            content = path.read_bytes()
        yield str(path.relative_to(top)), (about.st_mode, content)
        if stat.S_ISDIR(about.st_mode):
            yield from _entries(top, path)


class Pool:
    """The clones of one repository."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder

    @contextmanager
    def hold(self, commit: str | None = None, workspace: Path | None = None) -> Iterator[Checkout]:
        """A checkout of a commit, by default of the one that is checked out."""
        commit = commit or git(self.root, "rev-parse", "HEAD")
        where = str(workspace) if workspace else None
        with hold_checkout(str(self.root), commit, str(self.folder), where) as checkout:
            yield checkout
