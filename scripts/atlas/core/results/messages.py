"""Results about messages: what `notify`, `inbox` and `listen` answer."""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.message import Message


class NotifyResult(TypedDict):
    """The message as it is now, sent or not; why it was not sent is its `error`."""

    message: Message


class InboxResult(TypedDict):
    """The unread messages of a mailbox, the oldest first. `troubles` say what AI Maestro would not do."""

    agent: str
    messages: list[Message]
    troubles: list[str]


class ListenResult(TypedDict):
    """Whether there was an AI Maestro to listen to, how many messages came in, and what could not be done."""

    listened: bool
    received: int
    troubles: list[str]


class UnsentMessage(TypedDict):
    """A message that waits in the outbox, for whom, and why the last try failed."""

    id: str
    to: str
    error: str | None
