"""The watchdog: work that went past the hooks. Hooks of the client fail open, and may not be there at all.

Each hook of a session with a role leaves a heartbeat, the time of a file in ATLAS's folder. Work is what shows by
itself: a commit, a changed or new file in a workspace, and for the lead a change of the state.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from atlas.adapters.git import git, tree_status
from atlas.adapters.store import log
from atlas.adapters.store.transaction import Transaction
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.kinds import AGENT, ASSIGNMENT, SESSION, WORKFLOW, WORKSPACE
from atlas.core.records.message import BUILT_IN
from atlas.core.records.team import AI
from atlas.core.records.workspace import IN_USE
from atlas.core.results.status import Unenforced
from atlas.core.rules.enforcement import FIRST_CALL, GRAIN, is_at_work, is_unenforced


class Watched(NamedTuple):
    """Somebody whose work is looked at: who, where (None for the lead), since when, and whose heartbeats are theirs.

    `here`: it works in a session on this machine, which is to have the hooks.
    """

    agent: str
    workspace: str | None
    folder: str
    base: str
    since: float
    hearts: tuple[str, ...]
    here: bool


class Work(NamedTuple):
    """The newest sign of work, and its time in seconds since the epoch."""

    at: float
    what: str


def watched(tx: Transaction) -> list[Watched]:
    """Everybody to look at: who works in a live workspace, and the lead."""
    sessions: dict[str | None, list[str]] = {}
    for session in tx.all(SESSION):
        sessions.setdefault(session["agent"], []).append(session["id"])
    found = []
    for workspace in tx.where(WORKSPACE, status=IN_USE):
        agent = tx.get(AGENT, workspace["agent"] or "")
        assignment = tx.get(ASSIGNMENT, workspace["task_uuid"] or "")
        if agent is not None and assignment is not None:
            began = max(assignment["assigned_at"], workspace["ready_at"] or workspace["created_at"])
            hearts = (f"workspace-{workspace['name']}", *sessions.get(agent["id"], ()))
            where = (workspace["name"], workspace["path"], workspace["base_commit"])
            here = agent["type"] == AI and agent["transport"] == BUILT_IN
            found.append(Watched(agent["id"], *where, clock.seconds(began), hearts, here))
    workflow = tx.only(WORKFLOW)
    if workflow is not None and workflow["lead"] and workflow["lead_since"]:
        lead, since = workflow["lead"], clock.seconds(workflow["lead_since"])
        found.append(Watched(lead, None, "", "", since, (lead,), here=True))
    return found


def unenforced(project: Project, everybody: Sequence[Watched]) -> list[Unenforced]:
    """Whoever worked without heartbeats: what was seen and when, and the last heartbeat. Asks git as little as it can.

    A workspace that cannot be looked at is passed over: others say so.
    """
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda one: _look(project, one), everybody)
        return [result for result in found if result is not None]


def newest(project: Project, one: Watched) -> Work | None:
    """The newest sign that somebody is at work in a workspace: a heartbeat, a commit or a change."""
    heartbeat = _heartbeat(project, one.hearts)
    signs = [_worked(project, one), Work(heartbeat, "heartbeat") if heartbeat is not None else None]
    return max((sign for sign in signs if sign is not None), default=None)


def _look(project: Project, one: Watched) -> Unenforced | None:
    heartbeat = _heartbeat(project, one.hearts)
    if is_at_work(one.since, heartbeat, time.time()):
        return None
    work = _worked(project, one) if one.workspace else _led(project, one.agent)
    grace = GRAIN if one.workspace else FIRST_CALL
    if work is None or not is_unenforced(one.since, work.at, heartbeat, grace):
        return None
    return {
        "agent": one.agent if one.workspace else None,
        "session": None if one.workspace else one.agent,
        "workspace": one.workspace,
        "here": one.here,
        "what": work.what,
        "at": clock.of(work.at),
        "last_heartbeat": None if heartbeat is None or heartbeat < one.since else clock.of(heartbeat),
    }


def _heartbeat(project: Project, hearts: Sequence[str]) -> float | None:
    """The newest of these heartbeats."""
    times = []
    for name in hearts:
        with contextlib.suppress(OSError):
            times.append(os.stat(os.path.join(project.private, "gates", "heartbeats", name)).st_mtime)
    return max(times, default=None)


def _worked(project: Project, one: Watched) -> Work | None:
    """The newest commit beyond the base of a workspace, or its newest change that is not committed."""
    folder = os.path.join(project.root, one.folder)
    try:
        head, paths = tree_status.head_and_changes(folder)
        seen = [Work(at, path) for path in paths if (at := _changed(os.path.join(folder, path))) is not None]
        if head not in (None, one.base):
            seen.append(Work(float(git.run(folder, "log", "-1", "--format=%ct", "HEAD")), f"commit {str(head)[:12]}"))
    except (AtlasError, OSError, ValueError):
        return None
    return max(seen, default=None)


def _changed(path: str) -> float | None:
    """When a file or folder was last changed, which nobody can set; of one that is gone, its folder."""
    for place in (path, os.path.dirname(path)):
        with contextlib.suppress(OSError):
            return os.lstat(place).st_ctime
    return None


def _led(project: Project, session: str) -> Work | None:
    """The last change of the state that was made from a session, if it is among the latest."""
    entry = log.last_of(project.history, session)
    return Work(clock.seconds(entry["at"]), f"atlas {entry['verb']}") if entry is not None else None
