"""What the facts that hooks spool mean for the records."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from atlas.core import clock
from atlas.core.model import AGENT, DISCOVERY, MESSAGE, SESSION, Kind, Session

R = TypeVar("R")


class Records(Protocol):
    """The part of a transaction that folding needs."""

    at: str

    def get(self, kind: Kind[R], key: str) -> R | None: ...
    def put(self, kind: Kind[R], record: R) -> None: ...


def session_record(records: Records, key: str) -> Session:
    """The session's record, or a new one that was first seen now."""
    found = records.get(SESSION, key)
    if found is not None:
        return found
    return {
        "id": key,
        "agent": None,
        "first_seen": records.at,
        "last_seen": records.at,
        "ended_at": None,
        "spool_offset": 0,
        "decisions": {},
    }


def fold(records: Records, key: str, facts: list[dict[str, Any]], offset: int) -> None:
    """Apply a session's spooled facts, and remember that its spool is folded in up to `offset` bytes.

    Facts: `{"fact": "presence"|"end", "at"}`, `{"fact": "decision", "rule"}`, `{"fact": "receipt", "message", "at"}`,
    `{"fact": "receipt", "discovery", "workspace", "session", "tool", "at"}`. Unknown ones, and ones about records that
    are gone, change nothing.
    """
    session = session_record(records, key)
    for fact in facts:
        at = str(fact.get("at"))
        if not clock.is_time(at):
            at = records.at
        kind = fact.get("fact")
        if kind == "presence":
            session["last_seen"], session["ended_at"] = at, None
        elif kind == "end":
            session["ended_at"] = at
        elif kind == "decision":
            rule = str(fact.get("rule"))[:64]
            session["decisions"][rule] = session["decisions"].get(rule, 0) + 1
        elif kind == "receipt" and "discovery" in fact:
            _delivered(records, fact, at)
        elif kind == "receipt":
            _receipt(records, str(fact.get("message")), at)
    session["spool_offset"] = offset
    records.put(SESSION, session)
    _seen(records, session["agent"], session["last_seen"])


def _receipt(records: Records, message_id: str, at: str) -> None:
    message = records.get(MESSAGE, message_id)
    if message is not None and message["status"] in ("queued", "sent"):
        message["status"], message["seen_at"] = "seen", at
        records.put(MESSAGE, message)


def _delivered(records: Records, receipt: dict[str, Any], at: str) -> None:
    """Note where a worker's model was given a discovery: the first receipt counts, also one of something withdrawn."""
    discovery = records.get(DISCOVERY, str(receipt["discovery"]))
    for recipient in discovery["recipients"] if discovery is not None else []:
        if recipient["workspace"] == receipt.get("workspace") and recipient["status"] != "delivered":
            session, tool = (str(receipt.get(key) or "?")[:200] for key in ("session", "tool"))
            recipient.update({"status": "delivered", "delivered_at": at, "session": session, "tool": tool})
    if discovery is not None:
        records.put(DISCOVERY, discovery)


def _seen(records: Records, agent_id: str | None, at: str) -> None:
    agent = records.get(AGENT, agent_id) if agent_id else None
    if agent is not None and (agent["last_seen"] or "") < at:
        agent["last_seen"] = at
        records.put(AGENT, agent)
