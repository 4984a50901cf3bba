"""The events in a stretch of the history that whoever waits should hear of; `letters/digest.py` has the words for them.

Who is told of what stands in the table of events. What the reader did itself is no news. Hooks read it, so it imports
next to nothing.
"""

from __future__ import annotations

from atlas.core.records.events import EVENTS, TO
from atlas.core.verbs import LEAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TypeAlias

    Entry: TypeAlias = Mapping[str, Any]
    """A line of the history: `actor`, changed `records` by kind and key, and the `events` that say what was done."""


class Reader:
    """Who waits: a client session, its role, and its mailbox, which an agent is called by."""

    __slots__ = ("mailbox", "role", "session")

    def __init__(self, session: str, role: str, mailbox: str) -> None:
        self.session, self.role, self.mailbox = session, role, mailbox


EARLIER = "EarlierChanges"
"""Stands for lines of version 1, which kept no events: what they were is in the records."""
_EARLIER_NEWS = ("assignment", "discovery", "message")


def events_for_reader(reader: Reader, entries: Iterable[Entry]) -> list[Mapping[str, Any]]:
    """What happened that concerns the reader, oldest first; without any there is no reason to wake anybody.

    Of lines without events it is told once that there were changes.
    """
    found: list[Mapping[str, Any]] = []
    for entry in entries:
        if _is_of_session(entry, reader):
            continue
        if "events" in entry:
            found += [event for event in entry["events"] if _is_told(event, reader)]
        elif not found and any(entry["records"].get(kind) for kind in _EARLIER_NEWS):
            found.append({"event": EARLIER})
    return found


def _is_told(event: Mapping[str, Any], reader: Reader) -> bool:
    row = EVENTS.get(event["event"])
    if row is None:
        return False
    if LEAD in row.told and reader.role == LEAD:
        return int(event.get("attempts") or 1) <= 1  # of what is tried again and again, the first time is news
    return TO in row.told and reader.mailbox in (event["to"] if isinstance(event["to"], list) else [event["to"]])


def is_own_change(entry: Entry, reader: Reader) -> bool:
    """Whether the reader itself, and no subagent of its, made this change."""
    agent = (entry["actor"] or {}).get("agent")
    return _is_of_session(entry, reader) and agent == (None if reader.role == LEAD else reader.mailbox)


def _is_of_session(entry: Entry, reader: Reader) -> bool:
    return (entry["actor"] or {}).get("session") == reader.session
