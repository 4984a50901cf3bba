"""What goes out by a transport that is not the store itself.

A message is committed first and delivered after that, outside the store's lock. Each try is noted before it begins,
and its outcome when it ends: whoever finds a message that was tried, and does not know how that ended, looks for it at
its recipient before it sends it again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import file_lock
from atlas.adapters.transport import choice
from atlas.adapters.transport.transport import Letter, Transport, TransportError
from atlas.core import clock, ids
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE, WORKFLOW
from atlas.core.records.message import BUILT_IN, IN_OUTBOX, MAESTRO, PROGRESS_POLL, Message
from atlas.services.project.context import Context
from atlas.services.project.settings import current

T = TypeVar("T")
_PATIENCE = 60.0
"""Seconds that one command waits for another to be done with sending."""
_FIRST_PAUSE, _LONGEST_PAUSE = 15, 900
"""Seconds until a message that could not be sent is tried again by itself; twice as long after each try. A server that
has not answered a try has that long to carry it out all the same, before the message is sent once more.
"""


def chosen(context: Context) -> Transport:
    """The transport that new agents are reached by. Raises AtlasError when its address or its library is missing."""
    return choice.choose_transport(choice.configured(context.store.read(lambda tx: current(tx)["transport_url"])))


def deliver(context: Context, recipients: set[str] | None = None, due_only: bool = False) -> list[Message]:
    """Send what waits in the outbox: to one recipient after the other, and to each the oldest first.

    Returns the messages that were tried, as they are then; why one was not sent is its `error`, and the next call
    tries again. Only what is for `recipients` is tried, if they are given, and with `due_only` what is due to be tried
    by itself. Raises AtlasError when another command keeps sending.
    """

    def waiting(tx: Transaction) -> list[list[str]]:
        found = _waiting(tx, due_only)
        return [found[to] for to in found if recipients is None or to in recipients]

    if not context.store.exists() or not context.store.read(waiting):
        return []
    with file_lock.hold_lock(os.path.join(context.project.private, "outbox.lock"), "the outbox", _PATIENCE):
        tried: list[Message] = []
        post = _Post(context)
        for message_ids in context.store.read(waiting):
            for message_id in message_ids:
                message, stops = post.send(message_id)
                tried += [message] if message else []
                if stops == "server":
                    return tried
                if stops == "recipient":
                    break
        return tried


def _waiting(tx: Transaction, due_only: bool) -> dict[str, list[str]]:
    """The ids of what waits, by recipient; nothing of one whose oldest is not due, since it must not be overtaken."""
    found: dict[str, list[Message]] = {}
    for message in tx.where(MESSAGE, status=IN_OUTBOX, held=False):
        found.setdefault(message["to"], []).append(message)
    return {
        to: [message["id"] for message in those]
        for to, those in found.items()
        if not due_only or _is_due(those[0], tx.at)
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
        claim = self._act(lambda tx: _claim(tx, message_id))
        if claim is None:
            return None, ""
        self._knows = not claim.before["in_doubt"]
        try:
            external_id = self._deliver(claim)
        except TransportError as error:
            return self._fail(message_id, error), error.stops
        except AtlasError as error:
            return self._fail(message_id, TransportError(str(error))), "server"
        return self._act(lambda tx: _sent(tx, message_id, external_id)), ""

    def _fail(self, message_id: str, error: TransportError) -> Message:
        in_doubt = error.unsure or not self._knows
        return self._act(lambda tx: _failed(tx, message_id, error, in_doubt))

    def _act(self, fn: Callable[[Transaction], T]) -> T:
        return self._context.store.transact("deliver", self._context.actor, fn)

    def _deliver(self, claim: _Claim) -> str | None:
        """The id that the message has where it went, or None when the store is all that it has to reach."""
        if claim.address is None:
            return None
        if self._transport is None:
            self._transport, self._lead = self._open()
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

    def _open(self) -> tuple[Transport, str]:
        found = chosen(self._context)
        if found.name != MAESTRO:
            how = f"set {choice.VARIABLE} or `atlas settings transport.url`"
            raise AtlasError(f"AI Maestro's address is not known here: {how}")
        try:
            return found, mailbox(self._context, found)
        except TransportError as error:
            raise TransportError(str(error), after=error.after) from error  # nothing was sent, whatever else


def mailbox(context: Context, by: Transport) -> str:
    """The address of the lead's own mailbox, made when it is not there yet. Its name stays the same."""
    workflow = context.store.read(lambda tx: tx.only(WORKFLOW))
    plan = workflow["plan_id"] if workflow else "plan"
    project = ids.slug(os.path.basename(context.project.root) or "project")[:32].strip("-")
    return by.register_lead(f"atlas-{project}-{plan.removeprefix('plan-')}", f"the lead of {plan}, by ATLAS")


class _Claim(NamedTuple):
    """A message that is tried now, as it was `before`; its `address` is None when it has only to be in the store."""

    before: Message
    address: str | None
    looks_only: bool


def _claim(tx: Transaction, message_id: str) -> _Claim | None:
    """Note that a try begins; None when the message waits no longer."""
    message = tx.get(MESSAGE, message_id)
    if message is None or message["status"] not in IN_OUTBOX or message["held"]:
        return None
    agent = tx.get(AGENT, message["to"])
    claim = _Claim(message, agent["address"] if agent else None, message["in_doubt"] and not _is_due(message, tx.at))
    if not claim.looks_only:
        attempts = message["attempts"] + 1
        pause = min(_FIRST_PAUSE << min(attempts - 1, 10), _LONGEST_PAUSE)
        fields: Any = {"status": "queued", "attempts": attempts, "next_try": clock.later(tx.at, pause)}
        tx.patch(MESSAGE, message, **fields, in_doubt=True)
    return claim


def _is_due(message: Message, now: str) -> bool:
    return (message["next_try"] or "") <= now


def _sent(tx: Transaction, message_id: str, external_id: str | None) -> Message:
    message = tx.need(MESSAGE, message_id)
    fields: Any = {"error": None, "next_try": None, "external_id": external_id, "in_doubt": False}
    if external_id is None:
        fields["transport"] = BUILT_IN
    if message["status"] != "seen":
        fields |= {"status": "sent", "sent_at": tx.at}
    message = tx.patch(MESSAGE, message, **fields)
    _count_poll(tx, message)
    return message


def _count_poll(tx: Transaction, message: Message) -> None:
    """A poll counts from when it has gone out."""
    assignment = tx.get(ASSIGNMENT, message["task_uuid"] or "")
    if assignment is None or message["type"] != PROGRESS_POLL:
        return
    waiting = poll_schedule.unsent(assignment["progress_polling"])
    if waiting is not None and waiting["message"] == message["id"]:
        poll_schedule.sent(assignment, tx.at, poll_schedule.times_of(current(tx)))
        tx.put(ASSIGNMENT, assignment)


def _failed(tx: Transaction, message_id: str, error: TransportError, in_doubt: bool) -> Message:
    message = tx.need(MESSAGE, message_id)
    if message["status"] == "seen":
        return message
    next_try = max(message["next_try"] or "", clock.later(tx.at, int(min(error.after, 3600))))
    fields: Any = {"status": "failed", "error": str(error)[:2000], "next_try": next_try, "in_doubt": in_doubt}
    return tx.patch(MESSAGE, message, **fields)
