"""Exchanging both ways by a transport that is not the store itself: sending what waits, taking in what came."""

from __future__ import annotations

from typing import TypedDict

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.transport.transport import Transport, TransportError
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import AGENT, MESSAGE
from atlas.core.records.message import BUILT_IN, Message
from atlas.services.project.context import Context

from . import mail_server, outbox
from .incoming import collect_mail


class Exchanged(TypedDict):
    """The messages that `failed`, how many were `received`, and as `troubles` what could not be done."""

    failed: list[Message]
    received: int
    troubles: list[str]


_MOST_LATE = 2
"""Inboxes in one round that may give no answer in time: each takes as long as an answer may."""


def exchange_messages(context: Context, due_only: bool = False) -> Exchanged:
    """Send what waits, take in what came for the lead, and see what was read where it went.

    Each mailbox stands alone: one that cannot be read is named in `troubles`, and the others are read.
    """
    result: Exchanged = {"failed": [], "received": 0, "troubles": []}
    troubles = result["troubles"]

    def send() -> None:
        tried = outbox.deliver_messages(context, due_only=due_only)
        result["failed"] = [message for message in tried if message["status"] == "failed"]

    def receive() -> None:
        result["received"] = collect_mail(context, mail_server.chosen_transport(context), troubles)

    def follow() -> None:
        _note_read(context, mail_server.chosen_transport(context), troubles)

    for step in (send, receive, follow):
        try:
            step()
        except AtlasError as error:
            if str(error) not in troubles:
                troubles.append(str(error))
            if isinstance(error, TransportError) and error.stops == "server":
                break
    return result


def _note_read(context: Context, by: Transport, troubles: list[str]) -> None:
    """Note what recipients' own inboxes show as read. An inbox that cannot be read is named in `troubles`."""
    if by.name == BUILT_IN:
        return
    read = _ask_inboxes(by, context.store.read(_unread_elsewhere), troubles)

    def run(tx: Transaction) -> None:
        for message in tx.where(MESSAGE, read_at=None):
            if message["external_id"] in read.get(message["to"], ()):
                tx.patch(MESSAGE, message, read_at=tx.at)
                tx.emit("MessageRead", message=message["id"], to=message["to"])

    if any(read.values()):
        context.tend("deliver", run)


def _ask_inboxes(by: Transport, waiting: dict[str, tuple[str, set[str]]], troubles: list[str]) -> dict[str, set[str]]:
    late, read = 0, dict[str, set[str]]()
    for to, (address, ids) in waiting.items():
        try:
            read[to] = by.read(address, ids)
        except TransportError as error:
            troubles.append(f"the inbox of {to} cannot be read: {error}")
            late += error.late
            if error.stops == "server" or late == _MOST_LATE:
                break
    return read


def _unread_elsewhere(tx: Transaction) -> dict[str, tuple[str, set[str]]]:
    """By agent, its address and the ids that messages from here have there which are not known to have been read."""
    waiting: dict[str, set[str]] = {}
    for message in tx.where(MESSAGE, status="sent", read_at=None):
        if message["external_id"]:
            waiting.setdefault(message["to"], set()).add(message["external_id"])
    agents = [agent for agent in tx.all(AGENT) if agent["address"] and agent["id"] in waiting]
    return {agent["id"]: (agent["address"], waiting[agent["id"]]) for agent in agents if agent["address"]}
