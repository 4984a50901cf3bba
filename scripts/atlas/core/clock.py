"""Times as RFC 3339 UTC text with seconds, e.g. `2026-01-31T08:00:00Z`; such texts sort as the times do."""

from __future__ import annotations

import calendar
import time

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """The present moment."""
    return time.strftime(_FORMAT, time.gmtime())


def is_time(text: str) -> bool:
    """Whether the text is such a time, to the letter."""
    try:
        return later(text, 0) == text
    except ValueError:
        return False


def compact(moment: str) -> str:
    """`2026-01-31T08:00:00Z` as `20260131-080000`, the form used in plan ids and file names."""
    return moment.replace("-", "").replace(":", "").replace("T", "-").replace("Z", "")


def seconds(moment: str) -> int:
    """Seconds since the epoch. Raises ValueError when the text is not such a time."""
    return calendar.timegm(time.strptime(moment, _FORMAT))


def of(seconds_since: float) -> str:
    """The time so many seconds after the epoch."""
    return time.strftime(_FORMAT, time.gmtime(seconds_since))


def later(moment: str, by: int) -> str:
    """The time `by` seconds after `moment`."""
    return time.strftime(_FORMAT, time.gmtime(seconds(moment) + by))


def between(start: str, end: str) -> int:
    """Seconds from `start` to `end`; negative when `end` comes first."""
    return seconds(end) - seconds(start)
