"""The watchdog: work that went past the hooks. Hooks of the client fail open, and may not be there at all.

Each hook of a session with a role leaves a heartbeat, the time of a file in ATLAS's folder. Work is what shows by
itself: a commit, a changed or new file in a workspace, and for the lead a change of the state.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from atlas.core import clock
from atlas.core.rules.enforcement import FIRST_CALL, GRAIN, is_at_work, is_unenforced

from .work_signs import newest_heartbeat, work_in_workspace, work_of_lead

if TYPE_CHECKING:
    from atlas.core.paths import Project
    from atlas.core.results.status import Unenforced

    from .watched_agents import Watched


def unenforced_work(project: Project, everybody: Sequence[Watched]) -> list[Unenforced]:
    """Whoever worked without heartbeats: what was seen and when, and the last heartbeat. Asks git as little as it can.

    A workspace that cannot be looked at is passed over: others say so.
    """
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda one: _look_at_session(project, one), everybody)
        return [result for result in found if result is not None]


def _look_at_session(project: Project, one: Watched) -> Unenforced | None:
    heartbeat = newest_heartbeat(project, one.hearts)
    if is_at_work(one.since, heartbeat, time.time()):
        return None
    work = work_in_workspace(project, one) if one.workspace else work_of_lead(project, one.agent)
    grace = GRAIN if one.workspace else FIRST_CALL
    if work is None or not is_unenforced(one.since, work.at, heartbeat, grace):
        return None
    return {
        "agent": one.agent if one.workspace else None,
        "session": None if one.workspace else one.agent,
        "workspace": one.workspace,
        "here": one.here,
        "what": work.what,
        "at": clock.time_of_epoch(work.at),
        "last_heartbeat": None if heartbeat is None or heartbeat < one.since else clock.time_of_epoch(heartbeat),
    }
