"""Times as RFC 3339 UTC text with seconds, e.g. `2026-01-31T08:00:00Z`; such texts sort as the times do."""

from __future__ import annotations

import calendar
import time

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def current_time() -> str:
    """The present moment."""
    return time.strftime(_FORMAT, time.gmtime())


def is_time(text: str) -> bool:
    """Whether the text is such a time, to the letter."""
    try:
        return add_seconds(text, 0) == text
    except ValueError:
        return False


def compact_time(moment: str) -> str:
    """`2026-01-31T08:00:00Z` as `20260131-080000`, the form used in plan ids and file names."""
    return moment.replace("-", "").replace(":", "").replace("T", "-").replace("Z", "")


def epoch_seconds(moment: str) -> int:
    """Seconds since the epoch. Raises ValueError when the text is not such a time."""
    return calendar.timegm(time.strptime(moment, _FORMAT))


def time_of_epoch(seconds_since: float) -> str:
    """The time so many seconds after the epoch."""
    return time.strftime(_FORMAT, time.gmtime(seconds_since))


def add_seconds(moment: str, by: int) -> str:
    """The time `by` seconds after `moment`."""
    return time.strftime(_FORMAT, time.gmtime(epoch_seconds(moment) + by))


def seconds_between(start: str, end: str) -> int:
    """Seconds from `start` to `end`; negative when `end` comes first."""
    return epoch_seconds(end) - epoch_seconds(start)
