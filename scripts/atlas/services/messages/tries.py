"""What is recorded of each try to send a message: that it begins, and how it ended."""

from __future__ import annotations

from typing import Any, NamedTuple

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.transport.transport import TransportError
from atlas.core import clock
from atlas.core.following import poll_schedule
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE
from atlas.core.records.message import BUILT_IN, IN_OUTBOX, PROGRESS_POLL, Message
from atlas.services.project.settings import current_settings

_FIRST_PAUSE, _LONGEST_PAUSE = 15, 900
"""Seconds until a message that could not be sent is tried again by itself; twice as long after each try. A server that
has not answered a try has that long to carry it out all the same, before the message is sent once more.
"""


class Claim(NamedTuple):
    """A message that is tried now, as it was `before`; its `address` is None when it has only to be in the store."""

    before: Message
    address: str | None
    looks_only: bool


def begin_try(tx: Transaction, message_id: str) -> Claim | None:
    """Note that a try begins; None when the message waits no longer."""
    message = tx.get(MESSAGE, message_id)
    if message is None or message["status"] not in IN_OUTBOX or message["held"]:
        return None
    agent = tx.get(AGENT, message["to"])
    claim = Claim(message, agent["address"] if agent else None, message["in_doubt"] and not is_due(message, tx.at))
    if not claim.looks_only:
        attempts = message["attempts"] + 1
        # The trace is recorded before the try begins: killed in between, it is in doubt and looked for first.
        pause = min(_FIRST_PAUSE << min(attempts - 1, 10), _LONGEST_PAUSE)
        fields: Any = {"status": "queued", "attempts": attempts, "next_try": clock.add_seconds(tx.at, pause)}
        tx.patch(MESSAGE, message, **fields, in_doubt=True)
        tx.emit("MessageTried", message=message_id, to=message["to"], attempts=attempts)
    return claim


def is_due(message: Message, now: str) -> bool:
    """Whether a message may be tried by itself now."""
    return (message["next_try"] or "") <= now


def note_sent(tx: Transaction, message_id: str, external_id: str | None) -> Message:
    """Note that a try ended well, and count the poll that the message may be."""
    message = tx.need(MESSAGE, message_id)
    fields: Any = {"error": None, "next_try": None, "external_id": external_id, "in_doubt": False}
    if external_id is None:
        fields["transport"] = BUILT_IN
    if message["status"] != "seen":
        fields |= {"status": "sent", "sent_at": tx.at}
    message = tx.patch(MESSAGE, message, **fields)
    sender, to, subject = message["sender"], message["to"], message["subject"]
    tx.emit("MessageSent", message=message_id, sender=sender, to=to, text=subject)
    _count_poll(tx, message)
    return message


def _count_poll(tx: Transaction, message: Message) -> None:
    """A poll counts from when it has gone out."""
    assignment = tx.get(ASSIGNMENT, message["task_uuid"] or "")
    if assignment is None or message["type"] != PROGRESS_POLL:
        return
    waiting = poll_schedule.unsent_poll(tx, assignment)
    if waiting is not None and waiting["message"] == message["id"]:
        poll_schedule.note_sent(tx, assignment, tx.at, poll_schedule.polling_times(current_settings(tx)))
        tx.put(ASSIGNMENT, assignment)


def note_failed(tx: Transaction, message_id: str, error: TransportError, in_doubt: bool) -> Message:
    """Note why a try failed, and when the next one is due."""
    message = tx.need(MESSAGE, message_id)
    if message["status"] == "seen":
        return message
    next_try = max(message["next_try"] or "", clock.add_seconds(tx.at, int(min(error.after, 3600))))
    fields: Any = {"status": "failed", "error": str(error)[:2000], "next_try": next_try, "in_doubt": in_doubt}
    to, attempts = message["to"], message["attempts"]
    tx.emit("MessageFailed", message=message_id, to=to, attempts=attempts, text=str(error))
    return tx.patch(MESSAGE, message, **fields)
