"""Records of messages, and how they travel."""

from __future__ import annotations

from typing import TypedDict

MESSAGE_PRIORITIES = ("low", "normal", "high", "urgent")
TASK_ASSIGNMENT, PROGRESS_POLL, INSTRUCTION_VERIFICATION, NOTIFICATION = MESSAGE_TYPES = (
    *("task_assignment", "progress_poll"),
    *("instruction_verification", "notification"),
)
BUILT_IN, MAESTRO = TRANSPORTS = ("built-in", "ai-maestro")
LEAD_MAILBOX = "lead"
IN_OUTBOX = ("queued", "failed")
"""Statuses of a message that waits in the outbox."""
DELIVERED = ("sent", "seen")
"""Statuses of a message that is where its recipient finds it."""


class Travel(TypedDict):
    """How a message fares on its way, by a transport that is not the store."""

    attempts: int
    in_doubt: bool
    next_try: str | None
    external_id: str | None
    read_at: str | None


_UNTRIED: Travel = {"attempts": 0, "in_doubt": False, "next_try": None, "external_id": None, "read_at": None}


class Message(Travel):
    """A message in the outbox or a mailbox; its id is its idempotency key, `seq` the number of the change that made it.

    While it is `held` nobody sends it. `attempts` counts the tries that were begun. After one whose end is not known it
    is `in_doubt`: until `next_try` it is only looked for. `read_at`: the recipient's own inbox says that it was read
    there, which is not that a model saw it.
    What came from outside is not `trusted`: `origin` is who says to have sent it.
    """

    id: str
    seq: int
    to: str
    sender: str
    subject: str
    body: str
    type: str
    priority: str
    status: str
    created_at: str
    sent_at: str | None
    seen_at: str | None
    task_uuid: str | None
    error: str | None
    transport: str
    held: bool
    in_reply_to: str | None
    trusted: bool
    origin: str | None


def new_message(
    *,
    id: str,
    seq: int,
    to: str,
    sender: str,
    subject: str,
    body: str,
    created_at: str,
    type: str = NOTIFICATION,
    priority: str = "normal",
    task_uuid: str | None = None,
    transport: str = BUILT_IN,
    held: bool = False,
) -> Message:
    """A message that waits in the outbox and that nobody has tried to send yet."""
    return {
        "id": id,
        "seq": seq,
        "to": to,
        "sender": sender,
        "subject": subject,
        "body": body,
        "type": type,
        "priority": priority,
        "status": "queued",
        "created_at": created_at,
        "sent_at": None,
        "seen_at": None,
        "task_uuid": task_uuid,
        "error": None,
        "transport": transport,
        "held": held,
        **_UNTRIED,
        "in_reply_to": None,
        "trusted": True,
        "origin": None,
    }
