"""Projects in a state that takes many commands to reach: made once, and found by every test as they were made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support import run


class Kept:
    """A folder and what it held when it was made. It stays in its place: worktrees and settings name that."""

    def __init__(self, folder: Path, make: Callable[[Path], object], source: Path | None = None) -> None:
        """Make it in `folder`, which is to be empty: from a copy of `source`, if any, by `make`."""
        self._place = folder / "a project"
        self._copy = folder / "as it was"
        if source is not None:
            shutil.copytree(source, self._place, symlinks=True)
        make(self._place)
        shutil.copytree(self._place, self._copy, symlinks=True)

    def put_back(self) -> Path:
        """The place, with what was in it and nothing else."""
        shutil.rmtree(self._place)
        shutil.copytree(self._copy, self._place, symlinks=True)
        for folder in (self._place, *self._place.glob(".claude/worktrees/*")):
            # Files are new, so git would look at each again and write its index: at a moment that a test may watch.
            run("git", "update-index", "-q", "--refresh", cwd=folder)
        return self._place
