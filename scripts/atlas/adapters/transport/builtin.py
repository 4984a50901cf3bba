"""The built-in transport: the mailbox is the store itself, so a message that is committed has been delivered."""

from __future__ import annotations

from atlas.core.model import Message


def deliver(message: Message, at: str) -> None:
    """Mark the message as sent: it takes effect with the transaction that stores it, or not at all."""
    message["status"], message["sent_at"] = "sent", at
