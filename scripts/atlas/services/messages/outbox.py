"""What goes out by a transport that is not the store itself.

A message is committed first and delivered after that, outside the store's lock. Each try is noted before it begins,
and its outcome when it ends: whoever finds a message that was tried, and does not know how that ended, looks for it at
its recipient before it sends it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import file_lock
from atlas.adapters.transport import choice
from atlas.adapters.transport.transport import Letter, Transport, TransportError
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import MESSAGE
from atlas.core.records.message import IN_OUTBOX, MAESTRO, Message
from atlas.services.project.context import Context

from .mail_server import chosen_transport, lead_mailbox
from .tries import Claim, begin_try, is_due, note_failed, note_sent

T = TypeVar("T")
_PATIENCE = 60.0
"""Seconds that one command waits for another to be done with sending."""


def deliver_messages(context: Context, recipients: set[str] | None = None, due_only: bool = False) -> list[Message]:
    """Send what waits in the outbox: to one recipient after the other, and to each the oldest first.

    Returns the messages that were tried, as they are then; why one was not sent is its `error`, and the next call
    tries again. Only what is for `recipients` is tried, if they are given, and with `due_only` what is due to be tried
    by itself. Raises AtlasError when another command keeps sending.
    """

    def waiting(tx: Transaction) -> list[list[str]]:
        found = _waiting_messages(tx, due_only)
        return [found[to] for to in found if recipients is None or to in recipients]

    if not context.store.exists() or not context.store.read(waiting):
        return []
    # Two commands that send at once could overtake each other, and the store's lock is not for waiting on a server.
    with file_lock.hold_lock(os.path.join(context.project.private, "outbox.lock"), "the outbox", _PATIENCE):
        tried: list[Message] = []
        post = _Post(context)
        for message_ids in context.store.read(waiting):
            for message_id in message_ids:
                message, stops = post.send(message_id)
                tried += [message] if message else []
                if stops == "server":
                    return tried
                # What is younger must not arrive before what is older.
                if stops == "recipient":
                    break
        return tried


def _waiting_messages(tx: Transaction, due_only: bool) -> dict[str, list[str]]:
    """The ids of what waits, by recipient; nothing of one whose oldest is not due, since it must not be overtaken."""
    found: dict[str, list[Message]] = {}
    for message in tx.where(MESSAGE, status=IN_OUTBOX, held=False):
        found.setdefault(message["to"], []).append(message)
    return {
        to: [message["id"] for message in those]
        for to, those in found.items()
        if not due_only or is_due(those[0], tx.at)
    }


class _Post:
    """One round of sending. What it needs of the server is asked for when the first message goes out."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._transport: Transport | None = None
        self._lead = ""
        self._knows = True
        """Whether it is known that the message which is tried now is not there from an earlier try."""

    def send(self, message_id: str) -> tuple[Message | None, str]:
        """Try a message; returns it as it is then, if it still waited, and what need not be tried after it."""
        claim = self._transact(lambda tx: begin_try(tx, message_id))
        if claim is None:
            return None, ""
        self._knows = not claim.before["in_doubt"]
        try:
            external_id = self._deliver(claim)
        except TransportError as error:
            return self._note_failure(message_id, error), error.stops
        except AtlasError as error:
            return self._note_failure(message_id, TransportError(str(error))), "server"
        return self._transact(lambda tx: note_sent(tx, message_id, external_id)), ""

    def _note_failure(self, message_id: str, error: TransportError) -> Message:
        in_doubt = error.unsure or not self._knows
        return self._transact(lambda tx: note_failed(tx, message_id, error, in_doubt))

    def _transact(self, fn: Callable[[Transaction], T]) -> T:
        return self._context.tend("deliver", fn)

    def _deliver(self, claim: Claim) -> str | None:
        """The id that the message has where it went, or None when the store is all that it has to reach."""
        if claim.address is None:
            return None
        if self._transport is None:
            self._transport, self._lead = self._open_transport()
        message = claim.before
        letter = Letter(
            id=message["id"],
            sender=self._lead,
            to=claim.address,
            subject=message["subject"],
            body=message["body"],
            kind=message["type"],
            priority=message["priority"],
            task_uuid=message["task_uuid"],
        )
        found = None if self._knows else self._transport.find(letter)
        if found is None and claim.looks_only:
            reason = f"it was tried before and is not there yet: it is sent again from {message['next_try']}"
            raise TransportError(reason, stops="recipient")
        self._knows = True
        if found:
            return found
        return self._transport.deliver(letter)

    def _open_transport(self) -> tuple[Transport, str]:
        found = chosen_transport(self._context)
        if found.name != MAESTRO:
            how = f"set {choice.VARIABLE} or `atlas settings transport.url`"
            raise AtlasError(f"AI Maestro's address is not known here: {how}")
        try:
            return found, lead_mailbox(self._context, found)
        except TransportError as error:
            raise TransportError(str(error), after=error.after) from error  # nothing was sent, whatever else
