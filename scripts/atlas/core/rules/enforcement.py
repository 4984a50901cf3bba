"""Whether what was done in a workspace, or by the lead, went past the hooks: work without a heartbeat beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import quote_under

if TYPE_CHECKING:
    from atlas.core.results.status import Unenforced

LONGEST_CALL = 1800.0
"""Seconds that work may be newer than the last heartbeat, which comes before a call: calls take their time."""
GRAIN = 2.0
"""Seconds by which two clocks may differ that count the same moment, one of them in whole seconds."""
FIRST_CALL = 600.0
"""Seconds for the call in which a session takes the lead: it has no heartbeat, for when it began there was no role."""


def is_unenforced(since: float, worked: float | None, heartbeat: float | None, grace: float = GRAIN) -> bool:
    """Whether work that was done after `since` had no heartbeat near it; all in seconds since the epoch.

    `since` is when the one who works came to it: heartbeats and work from before are somebody else's, and work within
    the first `grace` seconds does not count. None is never.
    """
    if worked is None or worked <= since + grace:
        return False
    if heartbeat is None or heartbeat < since:
        return True
    return worked > heartbeat + LONGEST_CALL


def is_at_work(since: float, heartbeat: float | None, now: float) -> bool:
    """Whether a heartbeat is so new that nothing done until now could be unenforced."""
    return heartbeat is not None and since <= heartbeat and now <= heartbeat + LONGEST_CALL


def describe_unenforced(found: Unenforced) -> str:
    """What the watchdog saw of somebody whose work went past the hooks."""
    last = f"the last hook ran at {found['last_heartbeat']}" if found["last_heartbeat"] else "no hook has run"
    if found["workspace"] is None:
        how = f"the lead's session {found['session']}: {last} in it"
    else:
        how = f"{found['workspace']} ({found['agent']}): {f'{last} there' if found['here'] else 'not enforced here'}"
    return quote_under(f"{how}, and at {found['at']} there was", found["what"])
