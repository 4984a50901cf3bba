"""The outbox and the mailboxes: a message is queued, then sent or failed, then seen."""

from __future__ import annotations

import hashlib
import os
import time

from atlas.adapters.store.transaction import Transaction
from atlas.core import text
from atlas.core.errors import AtlasError
from atlas.core.records.facts import session_record
from atlas.core.records.kinds import AGENT, MESSAGE, SESSION
from atlas.core.records.message import BUILT_IN, LEAD_MAILBOX, NOTIFICATION, Message, new_message
from atlas.core.records.team import AI
from atlas.core.results.messages import InboxResult, NotifyResult
from atlas.core.rules import roles
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration

from .exchange import Exchange

_LOOK_SECONDS = 0.05


def post(
    tx: Transaction,
    to: str,
    subject: str,
    body: str,
    *,
    kind: str = NOTIFICATION,
    priority: str = "normal",
    task_uuid: str | None = None,
    request: str | None = None,
    held: bool = False,
    sender: str | None = None,
) -> Message:
    """Put a message into the outbox, as part of the transaction; one that is `held` waits there until it is sent.

    By the built-in transport it is sent with the transaction, by any other after it (`outbox`). The same `request`
    never makes a second message to the same agent: it gives the one that was made then. The `sender` is whoever acts,
    unless it is said.
    """
    mark = hashlib.sha256(f"{to} {request}".encode()).hexdigest()[:12] if request else os.urandom(6).hex()
    found = tx.get(MESSAGE, f"msg-{mark}")
    if found is not None:
        return found
    agent, actor = tx.get(AGENT, to), tx.actor or {}
    message = new_message(
        id=f"msg-{mark}",
        to=to,
        sender=sender or actor.get("agent") or actor.get("role") or roles.PERSON,
        subject=text.one_line(subject),
        body=body,
        created_at=tx.at,
        type=kind,
        priority=priority,
        task_uuid=task_uuid,
        transport=agent["transport"] if agent else BUILT_IN,
        held=held,
    )
    return _let_go(tx, message)


def send_held(tx: Transaction, task_uuid: str) -> None:
    """Send what was held back for an assignment."""
    for message in _held(tx, task_uuid):
        message["held"] = False
        _let_go(tx, message)


def _let_go(tx: Transaction, message: Message) -> Message:
    """Store a message; what is in the store's own mailboxes and not held has thereby been sent."""
    if message["transport"] == BUILT_IN and not message["held"]:
        message["status"], message["sent_at"] = "sent", tx.at
    tx.put(MESSAGE, message)
    return message


def withdraw_held(tx: Transaction, task_uuid: str) -> None:
    """Remove what was held back for an assignment."""
    for message in _held(tx, task_uuid):
        tx.delete(MESSAGE, message["id"])


def _held(tx: Transaction, task_uuid: str) -> list[Message]:
    return tx.where(MESSAGE, task_uuid=task_uuid, held=True)


def notify(
    context: Context, agent_id: str, subject: str, body: str, priority: str, kind: str, request: str | None
) -> NotifyResult:
    """Send a message to an AI agent; the same `request` again changes nothing, but tries one that was not sent.

    The result is the message as it is then, sent or not.
    Raises AtlasError when there is no such agent, it is a person, or `request` stands for another message to it.
    """
    if not subject.strip() or not body.strip():
        raise AtlasError("the subject and the message must not be empty")

    def run(tx: Transaction, actor: roles.Actor) -> NotifyResult:
        orchestration(tx)
        agent = tx.need(AGENT, agent_id)
        if agent["type"] != AI:
            raise AtlasError(f"{agent_id} is a person, not an AI agent: reach them outside ATLAS")
        message = post(tx, agent_id, subject, body, kind=kind, priority=priority, request=request)
        if (message["subject"], message["body"]) != (text.one_line(subject), body):
            raise AtlasError(f"the request id {request!r} has sent another message to {agent_id}: choose a new one")
        if message["status"] == "failed":
            message = tx.patch(MESSAGE, message, status="queued")
        return {"message": message}

    result = context.transact("notify", run)
    if result["message"]["status"] == "queued":
        message_id = result["message"]["id"]
        result["message"] = context.read("notify", lambda tx, actor: tx.need(MESSAGE, message_id))
    return result


def inbox(context: Context, agent_id: str, wait: float = 0, keep_unread: bool = False) -> InboxResult:
    """The unread messages of a mailbox, oldest first, waiting up to `wait` seconds for the first one.

    For the lead's, AI Maestro is asked too; `troubles` says when it could not be. They become seen, and the reader's
    session becomes the agent's, unless the lead reads them or `keep_unread` is set.
    Raises AtlasError when there is no such agent, or a worker reads another one's.
    """
    context.read("inbox", lambda tx, actor: _unread(tx, actor, agent_id))
    deadline = time.monotonic() + wait
    with Exchange(context, wanted=agent_id == LEAD_MAILBOX, listens=wait > 0) as exchange:
        while True:
            exchange.receive()
            known = context.store.position()
            unread = context.read("inbox", lambda tx, actor: _unread(tx, actor, agent_id))
            if unread or time.monotonic() >= deadline:
                break
            while context.store.position() == known and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
                exchange.receive()
    if not keep_unread and (unread or context.session):
        unread = context.transact("inbox", lambda tx, actor: _take(tx, actor, agent_id))
    return {"agent": agent_id, "messages": unread, "troubles": exchange.troubles}


def _unread(tx: Transaction, actor: roles.Actor, agent_id: str) -> list[Message]:
    if agent_id != LEAD_MAILBOX:
        tx.need(AGENT, agent_id)
    roles.require_own(actor, agent_id, f"the mailbox {agent_id}")
    return tx.where(MESSAGE, to=agent_id, status="sent")


def _take(tx: Transaction, actor: roles.Actor, agent_id: str) -> list[Message]:
    unread = _unread(tx, actor, agent_id)
    if (actor["role"] == roles.LEAD) != (agent_id == LEAD_MAILBOX):
        return unread
    _note_presence(tx, actor, agent_id)
    for message in unread:
        tx.patch(MESSAGE, message, status="seen", seen_at=tx.at)
    return unread


def _note_presence(tx: Transaction, actor: roles.Actor, agent_id: str) -> None:
    """Reading a mailbox is how a session that has no role yet becomes an agent's."""
    agent = tx.get(AGENT, agent_id)
    if agent is None:
        return
    tx.patch(AGENT, agent, last_seen=tx.at)
    if actor["session"] and actor["role"] != roles.LEAD and agent["type"] == AI:
        session = session_record(tx, actor["session"])
        tx.patch(SESSION, session, agent=agent_id, last_seen=tx.at, ended_at=None)
