"""What the facts that hooks spool mean for the records."""

from __future__ import annotations

from typing import Any

from atlas.core import clock
from atlas.core.ids import is_slug
from atlas.core.text import one_line

from .constants import INTERRUPT
from .kinds import AGENT, DISCOVERY, MESSAGE, MODULE, SESSION, WORKFLOW, WORKSPACE
from .protocol import Records
from .team import ReviewCall, Session, new_session

Fact = dict[str, Any]


def session_record(records: Records, key: str) -> Session:
    """The session's record, or a new one that was first seen now."""
    return records.get(SESSION, key) or new_session(id=key, at=records.at)


def fold_facts(records: Records, key: str, facts: list[Fact], offset: int) -> None:
    """Apply a session's spooled facts, and remember that its spool is folded in up to `offset` bytes.

    Facts: `{"fact": "presence", "workspace" or null, "at"}`, `{"fact": "end", "at"}`, `{"fact": "continues", "from"}`,
    `{"fact": "stopped", "reason" or null, "at"}`, `{"fact": "decision", "rule"}`,
    `{"fact": "bound", "agent_id", "workspace", "task", "at"}`,
    `{"fact": "review", "agent_id", "tool", "module", "at"}`,
    `{"fact": "receipt", "message", "at"}`, `{"fact": "receipt", "discovery", "workspace", "session", "tool", "at"}`.
    Unknown ones, and ones about records that are gone, change nothing.
    """
    session = session_record(records, key)
    for fact in facts:
        at = str(fact.get("at"))
        apply = _MEANINGS.get(str(fact.get("fact")))
        if apply is not None:
            apply(records, session, fact, at if clock.is_time(at) else records.at)
    session["spool_offset"] = offset
    records.put(SESSION, session)
    if any(fact.get("fact") == "presence" for fact in facts):
        _note_seen(records, session["agent"], session["last_seen"])


_LONGEST_REASON = 2000
"""Characters of why a session was let go, with what it was still to do."""


def _note_present(records: Records, session: Session, fact: Fact, at: str) -> None:
    """A session that begins in a workspace and has no other role is a session of the agent whose workspace it is."""
    is_new = session["ended_at"] is not None or records.get(SESSION, session["id"]) is None
    session["last_seen"], session["stopped"] = at, None
    session["ended_at"] = session["ended_seq"] = None
    workspace, workflow = records.get(WORKSPACE, str(fact.get("workspace"))), records.only(WORKFLOW)
    leads = workflow is not None and workflow["lead"] == session["id"]
    if workspace is not None and workspace["removed_at"] is None and session["agent"] is None and not leads:
        session["agent"] = workspace["agent"]
    if is_new:
        records.emit("SessionBegan", session=session["id"], agent=session["agent"])


def _note_ended(records: Records, session: Session, fact: Fact, at: str) -> None:
    session["ended_at"], session["ended_seq"] = at, records.seq + 1
    records.emit("SessionEnded", session=session["id"], agent=session["agent"])


def _note_stopped(records: Records, session: Session, fact: Fact, at: str) -> None:
    reason = _bounded_lines(str(fact.get("reason") or ""))
    session["stopped"] = {"at": at, "reason": reason} if reason else None
    if reason:
        records.emit("SessionStopped", session=session["id"], agent=session["agent"], text=reason)


def _bounded_lines(text: str) -> str:
    """The lines of a text that have room, whole: a mark at the beginning of a line stays where it is."""
    kept, room = [], _LONGEST_REASON
    for line in (one_line(line, 700) for line in text.splitlines()):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(kept).strip()


def _note_continued(records: Records, session: Session, fact: Fact, at: str) -> None:
    """Give the role of an old session to the one that took its place.

    That one may have been continued itself meanwhile: spools are folded in whatever order.
    """
    old_key = str(fact.get("from"))
    if not is_slug(old_key):
        return
    heir, before = session, {old_key}
    while heir["id"] not in before and heir["continued_as"] is not None:
        before.add(heir["id"])
        heir = session_record(records, heir["continued_as"])
    if heir["id"] in before:
        return
    old = session_record(records, old_key)
    heir["agent"], old["agent"], old["continued_as"] = heir["agent"] or old["agent"], None, session["id"]
    workflow = records.only(WORKFLOW)
    if workflow is not None and workflow["lead"] == old_key:
        workflow["lead"] = heir["id"]
        records.put(WORKFLOW, workflow)
    records.emit("SessionContinued", session=session["id"], before=old_key)
    for record in (old, heir):
        records.put(SESSION, record)


def _note_bound(records: Records, session: Session, fact: Fact, at: str) -> None:
    """Note which of the lead's subagents works in a workspace, if that still belongs to the assignment."""
    workspace = records.get(WORKSPACE, str(fact.get("workspace")))
    if workspace is not None and workspace["task_uuid"] == fact.get("task"):
        workspace["subagent"] = str(fact.get("agent_id"))[:128] or None
        records.put(WORKSPACE, workspace)
        records.emit("SubagentBound", subagent=workspace["subagent"], workspace=workspace["name"])


def _note_review_call(records: Records, session: Session, fact: Fact, at: str) -> None:
    """Note that a reviewer of the lead's began to record a review of a module: only then the lead's session may."""
    module, agent, call = (str(fact.get(name) or "")[:128] for name in ("module", "agent_id", "tool"))
    if is_slug(module) and agent and records.get(MODULE, module) is not None:
        noted: ReviewCall = {"subagent": agent, "call": call or "unknown", "at": at}
        session["review_calls"] = {**session.get("review_calls", {}), module: noted}
        records.emit("ReviewCalled", module=module, subagent=agent)


def _note_decided(records: Records, session: Session, fact: Fact, at: str) -> None:
    rule = str(fact.get("rule"))[:64]
    session["decisions"][rule] = session["decisions"].get(rule, 0) + 1
    records.emit("GateDecided", session=session["id"], rule=rule)


def _note_received(records: Records, session: Session, fact: Fact, at: str) -> None:
    if "discovery" in fact:
        return _note_delivery(records, fact, at)
    message = records.get(MESSAGE, str(fact.get("message")))
    if message is not None and message["status"] in ("queued", "sent"):
        message["status"], message["seen_at"] = "seen", at
        records.put(MESSAGE, message)
        records.emit("MessageSeen", message=message["id"], to=message["to"])
        _note_seen(records, message["to"], at)
    return None


def _note_delivery(records: Records, receipt: Fact, at: str) -> None:
    """Note where a worker's model was given a discovery: the first receipt counts, also one of something withdrawn."""
    discovery = records.get(DISCOVERY, str(receipt["discovery"]))
    for recipient in discovery["recipients"] if discovery is not None else []:
        if recipient["workspace"] == receipt.get("workspace") and recipient["status"] != "delivered":
            session, tool = (str(receipt.get(key) or "?")[:200] for key in ("session", "tool"))
            recipient.update({"status": "delivered", "delivered_at": at, "session": session, "tool": tool})
            name = "InterruptDelivered" if discovery and discovery["kind"] == INTERRUPT else "DiscoveryDelivered"
            records.emit(name, discovery=receipt["discovery"], agent=recipient["agent"])
    if discovery is not None:
        records.put(DISCOVERY, discovery)


def _note_seen(records: Records, agent_id: str | None, at: str) -> None:
    agent = records.get(AGENT, agent_id) if agent_id else None
    if agent is not None:
        agent["last_seen"], agent["seen_seq"] = max(agent["last_seen"] or "", at), records.seq + 1
        records.put(AGENT, agent)


_MEANINGS = {
    "presence": _note_present,
    "end": _note_ended,
    "stopped": _note_stopped,
    "continues": _note_continued,
    "bound": _note_bound,
    "review": _note_review_call,
    "decision": _note_decided,
    "receipt": _note_received,
}
