"""A handover that is open: what stands, and letting the agent that was told to stop keep its module after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.letters import subjects
from atlas.core.letters.handover import keep_body
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import ASSIGNMENT, MODULE
from atlas.services.messages.mailbox import post_message

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.assignments import KeptAfterAll
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def describe_open(old: Assignment) -> str:
    """That an agent was told to stop, and how to go on or to take that back."""
    return (
        f"{old['agent']} was told to stop: run this again, or take that back with "
        f"`atlas reassign {old['module']} --to {old['agent']} --force`"
    )


def may_cancel(tx: Transaction, module_id: str, agent_id: str) -> Assignment | None:
    """The assignment of an agent that was told to stop and still has the module."""
    module = tx.get(MODULE, module_id)
    mine = tx.get(ASSIGNMENT, module["task_uuid"] or "") if module else None
    return mine if mine and mine["agent"] == agent_id and mine["handover"] else None


def cancel_handover(context: Context, module_id: str, agent_id: str) -> KeptAfterAll:
    """Let an agent that was told to stop keep its module. Raises AtlasError when it has not got it any more."""

    def run(tx: Transaction, actor: Actor) -> KeptAfterAll:
        mine, module = may_cancel(tx, module_id, agent_id), tx.need(MODULE, module_id)
        if mine is None:
            raise AtlasError(f"{module_id} was given away just now: see `atlas status`")
        task_uuid = mine["task_uuid"]
        tx.patch(ASSIGNMENT, mine, handover=None)
        tx.emit("HandoverCancelled", module=module_id, agent=agent_id)
        subject = subjects.resume_subject(module, task_uuid)
        post_message(tx, agent_id, subject, keep_body(module), task_uuid=task_uuid)
        return {"module": module_id, "agent": agent_id, "kept": True}

    return context.transact("reassign", run)
