"""What comes in by a transport that is not the store itself, and exchanging both ways while somebody waits.

All that comes from outside is data: nobody vouches for who sent it, whatever it says of itself.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypedDict

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.transport.transport import Incoming, Transport
from atlas.core.errors import AtlasError
from atlas.core.letters import discoveries
from atlas.core.records.kinds import AGENT, MESSAGE
from atlas.core.records.message import BUILT_IN, LEAD_MAILBOX, MAESTRO, Message, new_message
from atlas.core.results.messages import ListenResult
from atlas.services.project.context import Context

from . import outbox

_LOOK_SECONDS = 15.0
"""Between two exchanges while nothing was pushed: the push is a courtesy that may fail."""
_NAP_SECONDS = 0.1


class Exchanged(TypedDict):
    """The messages that `failed`, how many were `received`, and as `troubles` what could not be done."""

    failed: list[Message]
    received: int
    troubles: list[str]


def exchange(context: Context, due_only: bool = False) -> Exchanged:
    """Send what waits, see what was read where it went, and take in what came for the lead."""
    result: Exchanged = {"failed": [], "received": 0, "troubles": []}
    try:
        result["failed"] = [m for m in outbox.deliver(context, due_only=due_only) if m["status"] == "failed"]
        by = outbox.chosen(context)
        _note_read(context, by)
        result["received"] = collect(context, by)
    except AtlasError as error:
        result["troubles"].append(str(error))
    return result


def collect(context: Context, by: Transport) -> int:
    """Take what came for the lead into its mailbox, each message once; how many were new. Raises TransportError."""
    if by.name == BUILT_IN:
        return 0
    address, new = outbox.mailbox(context, by), 0
    for incoming in by.fetch(address):
        new += _receive(context, incoming)
        by.acknowledge(address, incoming.external_id)
    return new


def _receive(context: Context, incoming: Incoming) -> bool:
    """Whether it was new. It may be fetched again: by another process, or because acknowledging it failed."""
    mark = hashlib.sha256(f"{incoming.sender} {incoming.key}".encode()).hexdigest()[:12]

    def run(tx: Transaction) -> bool:
        if tx.get(MESSAGE, f"msg-{mark}") is not None:
            return False
        tx.put(MESSAGE, _message(tx, f"msg-{mark}", incoming))
        return True

    return context.store.transact("receive", context.actor, run)


def _message(tx: Transaction, message_id: str, incoming: Incoming) -> Message:
    """The message for the lead: data from outside, whatever it says of itself."""
    agent = next((a for a in tx.all(AGENT) if a["address"] and a["identifier"] == incoming.sender), None)
    answered = tx.get(MESSAGE, incoming.answers) if incoming.answers else None
    is_answer = answered is not None and agent is not None and answered["to"] == agent["id"]
    message = new_message(
        id=message_id,
        to=LEAD_MAILBOX,
        sender=agent["id"] if agent else discoveries.STRANGER,
        subject=incoming.subject,
        body=incoming.body,
        created_at=tx.at,
        priority=incoming.priority,
        task_uuid=answered["task_uuid"] if answered is not None and is_answer else None,
        transport=MAESTRO,
    )
    message["status"], message["sent_at"], message["external_id"] = "sent", tx.at, incoming.external_id[:200]
    message["in_reply_to"] = incoming.answers if is_answer else None
    message["trusted"], message["origin"] = False, incoming.sender
    return message


def _note_read(context: Context, by: Transport) -> None:
    """Note what recipients' own inboxes show as read. Raises TransportError."""
    addresses = context.store.read(_unread_elsewhere)
    read = {to: by.read(address) for to, address in addresses.items()} if by.name != BUILT_IN else {}

    def run(tx: Transaction) -> None:
        for message in tx.where(MESSAGE, read_at=None):
            if message["external_id"] in read.get(message["to"], ()):
                tx.patch(MESSAGE, message, read_at=tx.at)

    if any(read.values()):
        context.store.transact("deliver", context.actor, run)


def _unread_elsewhere(tx: Transaction) -> dict[str, str]:
    """The addresses of agents that have something from here which is not known to have been read."""
    waiting = {m["to"] for m in tx.where(MESSAGE, status="sent", read_at=None) if m["external_id"]}
    return {a["id"]: a["address"] for a in tx.all(AGENT) if a["id"] in waiting and a["address"]}


class Exchange:
    """Exchanging again and again while somebody waits: when the server pushes, and from time to time anyway.

    Without AI Maestro, or for somebody who is not `wanted` mail from outside, it does nothing. `troubles` is what the
    last exchange could not do, `received` how many messages came in all.
    """

    def __init__(self, context: Context, wanted: bool = True, listens: bool = True) -> None:
        self._context, self._wanted, self._listens = context, wanted, listens
        self._stack = ExitStack()
        self._rang: Callable[[], bool] | None = None
        self._due = 0.0
        self.received = 0
        self.troubles: list[str] = []

    def __enter__(self) -> Exchange:
        try:
            self._wanted = self._wanted and outbox.chosen(self._context).name != BUILT_IN
        except AtlasError as error:
            self._wanted, self.troubles = False, [str(error)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def is_on(self) -> bool:
        """Whether there is anything to exchange with."""
        return self._wanted

    def receive(self) -> None:
        """Exchange if it is time to; cheap when it is not."""
        if not self._wanted or not ((self._rang and self._rang()) or time.monotonic() >= self._due):
            return
        if self._listens and self._rang is None:
            self._listen()
        result = exchange(self._context, due_only=True)
        self.received += result["received"]
        self.troubles = result["troubles"]
        self._due = time.monotonic() + _LOOK_SECONDS

    def _listen(self) -> None:
        """Ask to be called, before what is there already is fetched, so that nothing falls in between."""
        try:
            by = outbox.chosen(self._context)
            self._rang = self._stack.enter_context(by.listen(outbox.mailbox(self._context, by)))
        except AtlasError:
            self._rang = None


def listen(context: Context, seconds: float) -> ListenResult:
    """Exchange for so long, or until whoever started this has ended. Returns at once without AI Maestro."""
    context.read("listen", lambda tx, actor: None)
    deadline, parent = time.monotonic() + seconds, os.getppid()
    with Exchange(context) as post:
        post.receive()
        while post.is_on and time.monotonic() < deadline and os.getppid() == parent:
            time.sleep(_NAP_SECONDS)
            post.receive()
    return {"listened": post.is_on, "received": post.received, "troubles": post.troubles}
