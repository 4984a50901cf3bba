"""What lies in ATLAS's folders: what killed processes left there, and what others could read."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project
from atlas.core.records.kinds import FILES

from .repair import Notice
from .survey import temporary_files

_STALE_SECONDS = 60.0


def remove_leftovers(project: Project, notice: Notice) -> None:
    """Remove what killed processes left and nobody was told of: temporary files and places in the queue."""
    for path in (*temporary_files(project), *stale_tickets(project)):
        os.unlink(path)
        notice(f"removed the leftover {path}: it was never part of the state")


def stale_tickets(project: Project) -> list[str]:
    """Places in the lock's queue whose process has shown no life for a minute."""
    folder = os.path.join(project.private, "queue")
    if not os.path.isdir(folder):
        return []
    before = time.time() - _STALE_SECONDS
    return [entry.path for entry in os.scandir(folder) if entry.stat().st_mtime < before]


def make_private(project: Project, notice: Notice) -> None:
    """Take the rights of others away from everything that ATLAS keeps."""
    for path in paths_open_to_others(project):
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & 0o700)
        notice(f"{path} can no longer be read by others")


def paths_open_to_others(project: Project) -> list[str]:
    """The files and folders of ATLAS, the user's `.claude` not among them, that others have any right to."""
    return [
        path
        for path in (*state_files(project), *_paths_below(project.private))
        if not os.path.islink(path) and os.path.exists(path) and os.stat(path).st_mode & 0o077
    ]


def state_files(project: Project) -> list[str]:
    """Where the tables, the plan, the rendered file and the checkpoint are, or would be."""
    return [*(os.path.join(project.claude, name) for name in (*FILES, PLAN_FILE, EXEC_FILE)), project.checkpoint]


def _paths_below(folder: str) -> Iterator[str]:
    if os.path.isdir(folder):
        yield folder
    for parent, folders, files in os.walk(folder):
        yield from (os.path.join(parent, name) for name in (*sorted(folders), *sorted(files)))
