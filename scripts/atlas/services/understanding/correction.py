"""Telling an agent that its repetition was wrong, and after the last one taking its module back."""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.core.letters import handshake, subjects
from atlas.core.records.assignment import Assignment
from atlas.core.records.message import LEAD_MAILBOX
from atlas.core.records.plan import Module
from atlas.core.records.whole import whole_verification
from atlas.core.rules import understanding
from atlas.core.verbs import ATLAS
from atlas.services.assignments import assignments
from atlas.services.messages.mailbox import post_message

from .verification import tell_agent


def tell_repetition_wrong(
    tx: Transaction, module: Module, assignment: Assignment, unless_by: str | None = None
) -> None:
    """Tell an agent, `unless_by` itself, that its repetition was wrong; after the last one, take the module back."""
    verification = assignment["instruction_verification"]
    if verification["attempts"] >= understanding.MOST_ATTEMPTS:
        _take_module_back(tx, module, assignment)
    elif assignment["agent"] != unless_by:
        subject = subjects.correction_subject(module, assignment["task_uuid"])
        tell_agent(tx, assignment, subject, handshake.correction_body(module, verification))


def _take_module_back(tx: Transaction, module: Module, assignment: Assignment) -> None:
    """Put a module back into the pool: its agent is told to stop, and the lead, for the person, why."""
    agent, task_uuid = assignment["agent"], assignment["task_uuid"]
    assignments.leave_workspace(tx, assignment)
    assignments.give_back_module(tx, assignment)
    tell_agent(tx, assignment, subjects.returned_subject(module, task_uuid), handshake.returned_body(module))
    post_message(
        tx,
        LEAD_MAILBOX,
        subjects.unassigned_subject(module, task_uuid),
        handshake.unassigned_body(module, agent, whole_verification(tx, assignment)),
        priority="high",
        task_uuid=task_uuid,
        sender=ATLAS,
    )
