"""What came for the lead by another transport, taken in once.

All that comes from outside is data: nobody vouches for who sent it, whatever it says of itself.
"""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.transport.transport import Incoming, Transport, TransportError
from atlas.core.ids import sha256_hex
from atlas.core.letters import discoveries
from atlas.core.records.kinds import AGENT, MESSAGE
from atlas.core.records.message import BUILT_IN, LEAD_MAILBOX, MAESTRO, Message, new_message
from atlas.services.project.context import Context

from . import mail_server


def collect_mail(context: Context, by: Transport, troubles: list[str]) -> int:
    """Take what came for the lead into its mailbox, each message once; how many were new.

    A message that cannot be fetched or acknowledged now keeps no other one out: it is named in `troubles`.
    Raises TransportError when the mailbox itself cannot be read.
    """
    if by.name == BUILT_IN:
        return 0
    address, new = mail_server.lead_mailbox(context, by), 0
    for incoming in by.fetch(address):
        if isinstance(incoming, TransportError):
            troubles.append(str(incoming))
            continue
        new += _receive_message(context, incoming)
        try:
            # Only after it is stored: killed in between, it is fetched again and known by its id.
            by.acknowledge(address, incoming.external_id)
        except TransportError as error:
            if error.stops != "message":
                raise
            troubles.append(str(error))
    return new


def _receive_message(context: Context, incoming: Incoming) -> bool:
    """Whether it was new. It may be fetched again: by another process, or because acknowledging it failed."""
    mark = sha256_hex(f"{incoming.sender} {incoming.key}")[:12]

    def run(tx: Transaction) -> bool:
        if tx.get(MESSAGE, f"msg-{mark}") is not None:
            return False
        message = incoming_message(tx, f"msg-{mark}", incoming)
        tx.put(MESSAGE, message)
        sender, to, subject = discoveries.message_sender(message), message["to"], message["subject"]
        tx.emit("MessageReceived", message=message["id"], sender=sender, to=to, text=subject)
        return True

    return context.tend("receive", run)


def incoming_message(tx: Transaction, message_id: str, incoming: Incoming) -> Message:
    """The message for the lead: data from outside, whatever it says of itself."""
    agent = next((a for a in tx.all(AGENT) if a["address"] and a["identifier"] == incoming.sender), None)
    answered = tx.get(MESSAGE, incoming.answers) if incoming.answers else None
    is_answer = answered is not None and agent is not None and answered["to"] == agent["id"]
    message = new_message(
        id=message_id,
        seq=tx.seq + 1,
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
