"""Exchanging both ways by a transport that is not the store itself: sending what waits, taking in what came."""

from __future__ import annotations

from typing import TypedDict

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.transport.transport import Transport
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


def exchange_messages(context: Context, due_only: bool = False) -> Exchanged:
    """Send what waits, see what was read where it went, and take in what came for the lead."""
    result: Exchanged = {"failed": [], "received": 0, "troubles": []}
    try:
        result["failed"] = [m for m in outbox.deliver_messages(context, due_only=due_only) if m["status"] == "failed"]
        by = mail_server.chosen_transport(context)
        _note_read(context, by)
        result["received"] = collect_mail(context, by)
    except AtlasError as error:
        result["troubles"].append(str(error))
    return result


def _note_read(context: Context, by: Transport) -> None:
    """Note what recipients' own inboxes show as read. Raises TransportError."""
    addresses = context.store.read(_unread_elsewhere)
    read = {to: by.read(address) for to, address in addresses.items()} if by.name != BUILT_IN else {}

    def run(tx: Transaction) -> None:
        for message in tx.where(MESSAGE, read_at=None):
            if message["external_id"] in read.get(message["to"], ()):
                tx.patch(MESSAGE, message, read_at=tx.at)
                tx.emit("MessageRead", message=message["id"], to=message["to"])

    if any(read.values()):
        context.store.transact("deliver", context.actor, run)


def _unread_elsewhere(tx: Transaction) -> dict[str, str]:
    """The addresses of agents that have something from here which is not known to have been read."""
    waiting = {m["to"] for m in tx.where(MESSAGE, status="sent", read_at=None) if m["external_id"]}
    return {a["id"]: a["address"] for a in tx.all(AGENT) if a["id"] in waiting and a["address"]}
