"""The facts in a stretch of the history that whoever waits should hear of; `letters/digest.py` has the words for them.

For the lead: what agents report, ask, repeat, find and acknowledge, what could not be delivered, and its mail. For an
agent: its mail, and what was found that concerns it. What the reader did itself is no news. Hooks read it, so it
imports next to nothing.
"""

from __future__ import annotations

from atlas.core.records.constants import INTERRUPT, SHARED
from atlas.core.verbs import LEAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, TypeAlias

    Entry: TypeAlias = Mapping[str, Any]
    """A line of the history: `at`, `actor`, `verb`, and the changed `records` by kind and key."""


class Reader:
    """Who waits: a client session, its role, and its mailbox, which an agent is called by."""

    __slots__ = ("mailbox", "role", "session")

    def __init__(self, session: str, role: str, mailbox: str) -> None:
        self.session, self.role, self.mailbox = session, role, mailbox


class Fact:
    """Something that happened: what kind of thing, the record that shows it, and somebody's words about it or none."""

    __slots__ = ("about", "kind", "words")

    def __init__(self, kind: str, about: Mapping[str, Any], words: str) -> None:
        self.kind, self.about, self.words = kind, about, words


def facts_for_reader(reader: Reader, entries: Iterable[Entry]) -> list[Fact]:
    """What happened that concerns the reader, oldest first; without any there is no reason to wake anybody."""
    of_kind = _FOR_LEAD if reader.role == LEAD else _FOR_AGENT
    found: list[Fact] = []
    for entry in entries:
        if not _is_of_session(entry, reader):
            for kind, read in of_kind.items():
                for record in (entry["records"].get(kind) or {}).values():
                    if record is not None:
                        found += read(entry, record, reader)
    return found


def is_own_change(entry: Entry, reader: Reader) -> bool:
    """Whether the reader itself, and no subagent of its, made this change."""
    agent = (entry["actor"] or {}).get("agent")
    return _is_of_session(entry, reader) and agent == (None if reader.role == LEAD else reader.mailbox)


def _is_of_session(entry: Entry, reader: Reader) -> bool:
    return (entry["actor"] or {}).get("session") == reader.session


def _facts_of_assignment(entry: Entry, record: Any, reader: Reader) -> Iterator[Fact]:
    verb, who = entry["verb"], {"agent": record["agent"], "module": record["module"]}
    if verb == "acknowledge":
        for update in [one for one in record["instruction_updates"] if one["status"] != "sent"][-1:]:
            yield Fact("acknowledged", {**who, "update": update["id"], "status": update["status"]}, "")
    for row in _said(entry, record, _ROWS_OF[verb]) if verb in _ROWS_OF else ():
        yield Fact(
            _kind_of_fact(verb, record), {**who, "report": row.get("kind"), "question": row.get("id")}, row["text"]
        )


_ROWS_OF = {"report": "report", "repeat": "repetition", "ask": "question"}


def _kind_of_fact(verb: str, record: Any) -> str:
    if verb == "repeat":
        return "repeated-wrongly" if record["instruction_verification"]["findings"] else "repeated"
    return {"report": "reported", "ask": "asked"}[verb]


def _said(entry: Entry, record: Any, kind: str) -> list[Any]:
    """What a change adds about an assignment: its rows, or in a line of version 1 the last part of the record."""
    if "reports" in record:
        verification = record["instruction_verification"]
        old = {"report": record["reports"], "question": verification["questions"]}
        return [part for part in old.get(kind, [verification["repetition"]])[-1:] if part]
    rows = (entry["records"].get(kind) or {}).values()
    return [row for row in rows if row is not None and row["task_uuid"] == record["task_uuid"]]


def _facts_of_discovery(entry: Entry, record: Any, reader: Reader) -> Iterator[Fact]:
    concerned = reader.role == LEAD or any(one["agent"] == reader.mailbox for one in record["recipients"])
    if record["created_at"] == entry["at"] and record["kind"] == SHARED and concerned:
        yield Fact("found", record, record["text"])


def _facts_of_interrupt(entry: Entry, record: Any, reader: Reader) -> Iterator[Fact]:
    yield from _facts_of_discovery(entry, record, reader)
    is_new = record["created_at"] == entry["at"] and record["kind"] == INTERRUPT
    if is_new and any(one["agent"] == reader.mailbox for one in record["recipients"]):
        yield Fact("interrupted", record, "")


def _facts_of_message(entry: Entry, record: Any, reader: Reader) -> Iterator[Fact]:
    is_new = entry["at"] in (record["created_at"], record["sent_at"])
    if record["to"] == reader.mailbox and record["status"] == "sent" and is_new:
        yield Fact("written", record, record["subject"])


def _facts_of_lost_message(entry: Entry, record: Any, reader: Reader) -> Iterator[Fact]:
    yield from _facts_of_message(entry, record, reader)
    if record["status"] == "failed" and record["attempts"] <= 1:
        yield Fact("undelivered", record, record["error"] or "")


_FOR_LEAD = {"assignment": _facts_of_assignment, "discovery": _facts_of_discovery, "message": _facts_of_lost_message}
_FOR_AGENT = {"message": _facts_of_message, "discovery": _facts_of_interrupt}
