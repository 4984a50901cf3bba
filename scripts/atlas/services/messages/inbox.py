"""Reading a mailbox, waiting for the first message if need be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from atlas.core.records.facts import session_record
from atlas.core.records.kinds import AGENT, MESSAGE, SESSION
from atlas.core.records.message import LEAD_MAILBOX, Message
from atlas.core.records.team import AI
from atlas.core.rules import roles

from .listener import Exchange

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.messages import InboxResult
    from atlas.services.project.context import Context

_LOOK_SECONDS = 0.05


def read_inbox(context: Context, agent_id: str, wait: float = 0, keep_unread: bool = False) -> InboxResult:
    """The unread messages of a mailbox, oldest first, waiting up to `wait` seconds for the first one.

    For the lead's, AI Maestro is asked too; `troubles` says what it would not do. They become seen, and the reader's
    session becomes the agent's, unless the lead reads them or `keep_unread` is set.
    Raises AtlasError when there is no such agent, or a worker reads another one's.
    """
    context.read("inbox", lambda tx, actor: _unread_messages(tx, actor, agent_id))
    deadline = time.monotonic() + wait
    with Exchange(context, wanted=agent_id == LEAD_MAILBOX, listens=wait > 0) as exchange:
        while True:
            exchange.receive()
            known = context.store.position()
            unread = context.read("inbox", lambda tx, actor: _unread_messages(tx, actor, agent_id))
            if unread or time.monotonic() >= deadline:
                break
            while context.store.position() == known and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
                exchange.receive()
    if not keep_unread and (unread or context.session):
        unread = context.transact("inbox", lambda tx, actor: _take_messages(tx, actor, agent_id))
    return {"agent": agent_id, "messages": unread, "troubles": exchange.troubles}


def _unread_messages(tx: Transaction, actor: roles.Actor, agent_id: str) -> list[Message]:
    if agent_id != LEAD_MAILBOX:
        tx.need(AGENT, agent_id)
    roles.require_own(actor, agent_id, f"the mailbox {agent_id}")
    return tx.where(MESSAGE, to=agent_id, status="sent")


def _take_messages(tx: Transaction, actor: roles.Actor, agent_id: str) -> list[Message]:
    unread = _unread_messages(tx, actor, agent_id)
    if (actor["role"] == roles.LEAD) != (agent_id == LEAD_MAILBOX):
        return unread
    _note_presence(tx, actor, agent_id)
    for message in unread:
        tx.patch(MESSAGE, message, status="seen", seen_at=tx.at)
        tx.emit("MessageSeen", message=message["id"], to=agent_id)
    return unread


def _note_presence(tx: Transaction, actor: roles.Actor, agent_id: str) -> None:
    """Reading a mailbox is how a session that has no role yet becomes an agent's."""
    agent = tx.get(AGENT, agent_id)
    if agent is None:
        return
    tx.patch(AGENT, agent, last_seen=tx.at, seen_seq=tx.seq + 1)
    if actor["session"] and actor["role"] != roles.LEAD and agent["type"] == AI:
        session = session_record(tx, actor["session"])
        if session["agent"] != agent_id or session["ended_at"] is not None:
            tx.emit("SessionBegan", session=session["id"], agent=agent_id)
        tx.patch(SESSION, session, agent=agent_id, last_seen=tx.at, ended_at=None, ended_seq=None)
