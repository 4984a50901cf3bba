"""Asking the AI agents at work how they stand. A poll counts when its message went out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from atlas.core.following import poll_schedule
from atlas.core.records.kinds import MESSAGE
from atlas.core.records.message import IN_OUTBOX
from atlas.services.messages.exchange import exchange_messages
from atlas.services.project.phases import orchestration_workflow
from atlas.services.project.settings import current_settings

from .activity import newest_activity
from .asking import assignments_of, check_assignment, polled_assignments

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.messages import UnsentMessage
    from atlas.core.results.polling import CheckAgentsResult, Checked, PollSent
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def check_agents(context: Context, everybody: bool = False) -> CheckAgentsResult:
    """Ask every AI agent that is due, or with `everybody` all of them, how it stands.

    An agent whose work shows is not asked. One that left three polls without an answer is not asked either: the lead is
    told, once. The result names them all: `polled`, `active`, `escalated`, `not_due`, and `unsent`, whose earlier poll
    has not gone out yet. What waits in the outbox is sent first, and mail for the lead is taken in: `undelivered` are
    the messages that still wait at the end, `troubles` what could not be done.
    """
    seen = {} if everybody else newest_activity(context)

    def run(tx: Transaction, actor: Actor) -> Checked:
        orchestration_workflow(tx)
        times, found = poll_schedule.polling_times(current_settings(tx)), _nothing()
        for assignment in polled_assignments(tx):
            check_assignment(tx, assignment, times, seen.get(assignment["task_uuid"]), everybody, found)
        return found

    return _exchange_around(context, "check-agents", run)


def _nothing() -> Checked:
    return {"polled": [], "active": [], "escalated": [], "unsent": [], "not_due": []}


def _exchange_around(context: Context, verb: str, run: Callable[[Transaction, Actor], Checked]) -> CheckAgentsResult:
    """What `run` comes to between two turns of the post: what was waiting goes out first, what it adds after that."""
    context.read(verb, lambda tx, actor: orchestration_workflow(tx))
    troubles = exchange_messages(context)["troubles"]
    found = context.transact(verb, run)
    undelivered = context.read(verb, lambda tx, actor: _undelivered(tx, found))
    return {**found, "undelivered": undelivered, "troubles": troubles}


def _undelivered(tx: Transaction, found: Checked) -> list[UnsentMessage]:
    """What still waits when the transport has had everything; what was found says how far its messages are by then."""
    for line in found["polled"]:
        line["status"] = tx.need(MESSAGE, line["message"])["status"]
    waiting = tx.where(MESSAGE, status=IN_OUTBOX, held=False)
    return [{"id": m["id"], "to": m["to"], "error": m["error"]} for m in waiting]


def has_failed(result: CheckAgentsResult | PollSent) -> bool:
    """Whether the transport did not take something that was to go out, or was not reached."""
    return bool(result["unsent"] or result["undelivered"] or result["troubles"])


def poll_agent(context: Context, agent_id: str, module_id: str | None = None) -> PollSent:
    """Ask an AI agent how it stands now, about each of its modules or the one named.

    Raises AtlasError when there is no such agent, it is a person, or has nothing.
    """

    def run(tx: Transaction, actor: Actor) -> Checked:
        orchestration_workflow(tx)
        times, found = poll_schedule.polling_times(current_settings(tx)), _nothing()
        for assignment in assignments_of(tx, agent_id, module_id):
            check_assignment(tx, assignment, times, None, True, found)
        return found

    # What is refused is refused before anything goes out or comes in.
    context.read("poll", lambda tx, actor: (orchestration_workflow(tx), assignments_of(tx, agent_id, module_id)))
    result = _exchange_around(context, "poll", run)
    return {
        "polled": result["polled"],
        "unsent": result["unsent"],
        "undelivered": result["undelivered"],
        "troubles": result["troubles"],
    }
