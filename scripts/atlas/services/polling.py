"""Asking the AI agents at work how they stand."""

from __future__ import annotations

from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock, wording
from atlas.core.model import ASSIGNMENT, LIVE, MODULE
from atlas.core.policy.roles import Actor

from .assignments import POLL_SECONDS
from .context import Context, orchestration
from .messages import post

Result = dict[str, Any]


def check_agents(context: Context) -> Result:
    """Send a progress poll for every live assignment of an AI agent, and note that it was sent."""

    def run(tx: Transaction, actor: Actor) -> Result:
        orchestration(tx)
        polled = [
            _poll(tx, assignment)
            for assignment in tx.all(ASSIGNMENT)
            if assignment["agent_type"] == "ai" and assignment["status"] in LIVE
        ]
        return {"polled": polled}

    return context.act("check-agents", run)


def _poll(tx: Transaction, assignment: Any) -> Result:
    module = tx.need(MODULE, assignment["module"])
    polling = assignment["progress_polling"]
    number = polling["poll_count"] + 1
    message = post(
        tx,
        assignment["agent"],
        wording.poll_subject(module, number),
        wording.poll_body(module),
        kind="progress_poll",
        task_uuid=assignment["task_uuid"],
    )
    polling.update(poll_count=number, last_poll=tx.at, next_poll_due=clock.later(tx.at, POLL_SECONDS))
    polling["poll_history"].append({"number": number, "at": tx.at, "message": message["id"]})
    tx.put(ASSIGNMENT, assignment)
    return {"agent": assignment["agent"], "module": assignment["module"], "number": number, "message": message["id"]}
