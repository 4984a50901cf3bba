"""The mailboxes: a message is queued, then sent or failed, then seen. What is held back waits for a workspace."""

from __future__ import annotations

import os

from atlas.adapters.store.transaction import Transaction
from atlas.core import text
from atlas.core.ids import sha256_hex
from atlas.core.records.kinds import AGENT, MESSAGE
from atlas.core.records.message import BUILT_IN, NOTIFICATION, Message, new_message
from atlas.core.rules import roles


def post_message(
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
    mark = sha256_hex(f"{to} {request}")[:12] if request else os.urandom(6).hex()
    found = tx.get(MESSAGE, f"msg-{mark}")
    if found is not None:
        return found
    agent, actor = tx.get(AGENT, to), tx.actor or {}
    message = new_message(
        id=f"msg-{mark}",
        seq=tx.seq + 1,
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
    return _release_message(tx, message)


def send_held_messages(tx: Transaction, task_uuid: str) -> None:
    """Send what was held back for an assignment."""
    for message in _held_messages(tx, task_uuid):
        message["held"] = False
        _release_message(tx, message)


def _release_message(tx: Transaction, message: Message) -> Message:
    """Store a message; what is in the store's own mailboxes and not held has thereby been sent."""
    if message["transport"] == BUILT_IN and not message["held"]:
        message["status"], message["sent_at"] = "sent", tx.at
    tx.put(MESSAGE, message)
    about = {"message": message["id"], "sender": message["sender"], "to": message["to"]}
    if message["status"] == "sent":
        tx.emit("MessageSent", **about, text=message["subject"])
    else:
        tx.emit("MessageWritten", **about)
    return message


def withdraw_held_messages(tx: Transaction, task_uuid: str) -> None:
    """Remove what was held back for an assignment."""
    for message in _held_messages(tx, task_uuid):
        tx.delete(MESSAGE, message["id"])


def _held_messages(tx: Transaction, task_uuid: str) -> list[Message]:
    return tx.where(MESSAGE, task_uuid=task_uuid, held=True)
