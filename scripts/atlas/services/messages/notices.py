"""A message that somebody writes to an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core import text
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import AGENT, MESSAGE
from atlas.core.records.team import AI
from atlas.services.project.phases import orchestration_workflow

from .mailbox import post_message

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.messages import NotifyResult
    from atlas.core.rules import roles
    from atlas.services.project.context import Context


def notify_agent(
    context: Context, agent_id: str, subject: str, body: str, priority: str, kind: str, request: str | None
) -> NotifyResult:
    """Send a message to an AI agent; the same `request` again changes nothing, but tries one that was not sent.

    The result is the message as it is then, sent or not.
    Raises AtlasError when there is no such agent, it is a person, or `request` stands for another message to it.
    """
    if not subject.strip() or not body.strip():
        raise AtlasError("the subject and the message must not be empty")

    def run(tx: Transaction, actor: roles.Actor) -> NotifyResult:
        orchestration_workflow(tx)
        agent = tx.need(AGENT, agent_id)
        if agent["type"] != AI:
            raise AtlasError(f"{agent_id} is a person, not an AI agent: reach them outside ATLAS")
        message = post_message(tx, agent_id, subject, body, kind=kind, priority=priority, request=request)
        if (message["subject"], message["body"]) != (text.one_line(subject), body):
            raise AtlasError(f"the request id {request!r} has sent another message to {agent_id}: choose a new one")
        if message["status"] == "failed":
            message = tx.patch(MESSAGE, message, status="queued")
            tx.emit("MessageWritten", message=message["id"], sender=message["sender"], to=agent_id)
        return {"message": message}

    result = context.transact("notify", run)
    if result["message"]["status"] == "queued":
        message_id = result["message"]["id"]
        result["message"] = context.read("notify", lambda tx, actor: tx.need(MESSAGE, message_id))
    return result
