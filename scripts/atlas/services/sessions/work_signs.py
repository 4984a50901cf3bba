"""What shows by itself that somebody works: heartbeats, commits, changed files, changes of the state."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import NamedTuple

from atlas.adapters.git import git, tree_status, worktree
from atlas.adapters.store import log
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.paths import Project

from .watched_agents import Watched


class Work(NamedTuple):
    """The newest sign of work, and its time in seconds since the epoch."""

    at: float
    what: str


def newest_work(project: Project, one: Watched) -> Work | None:
    """The newest sign that somebody is at work in a workspace: a heartbeat, a commit or a change."""
    heartbeat = newest_heartbeat(project, one.hearts)
    signs = [work_in_workspace(project, one), Work(heartbeat, "heartbeat") if heartbeat is not None else None]
    return max((sign for sign in signs if sign is not None), default=None)


def newest_heartbeat(project: Project, hearts: Sequence[str]) -> float | None:
    """The newest of these heartbeats."""
    times = []
    for name in hearts:
        with contextlib.suppress(OSError):
            times.append(os.stat(os.path.join(project.private, "gates", "heartbeats", name)).st_mtime)
    return max(times, default=None)


def work_in_workspace(project: Project, one: Watched) -> Work | None:
    """The newest commit beyond the base of a workspace, or its newest change that is not committed."""
    folder = os.path.join(project.root, one.folder)
    if worktree.worktree_fault(project.common, folder) is not None:
        return None  # git would tell of the repository around it
    try:
        found = tree_status.read_status(folder)
        seen = [
            Work(at, path)
            for path in (*found.changed, *found.new)
            if (at := _change_time(os.path.join(folder, path))) is not None
        ]
        if found.head not in (None, one.base):
            seen.append(
                Work(float(git.run_git(folder, "log", "-1", "--format=%ct", "HEAD")), f"commit {str(found.head)[:12]}")
            )
    except (AtlasError, OSError, ValueError):
        return None
    return max(seen, default=None)


def _change_time(path: str) -> float | None:
    """When a file or folder was last changed, which nobody can set; of one that is gone, its folder."""
    for place in (path, os.path.dirname(path)):
        with contextlib.suppress(OSError):
            return os.lstat(place).st_ctime
    return None


def work_of_lead(project: Project, session: str) -> Work | None:
    """The last change of the state that was made from a session, if it is among the latest."""
    entry = log.last_entry_of(project.history, session)
    return Work(clock.epoch_seconds(entry["at"]), f"atlas {entry['verb']}") if entry is not None else None
