"""The agent's part in an update: its receipt, its answers, its concerns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.letters import subjects, updates
from atlas.core.records.message import LEAD_MAILBOX
from atlas.core.rules import roles
from atlas.core.rules import updates as policy
from atlas.services.messages.mailbox import post_message

from .update_steps import LONGEST_WORDS, change_update, require_text

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment, Update
    from atlas.core.records.plan import Module
    from atlas.core.results.updates import AcknowledgeResult, UpdateStep
    from atlas.services.project.context import Context


def acknowledge_update(
    context: Context, module_id: str, update_id: str | None, answers: Sequence[str], concerns: Sequence[str]
) -> AcknowledgeResult:
    """The agent's part: that it received an update and, with `answers` to all questions, what it makes of it.

    The same again changes nothing. Raises AtlasError when it is another agent's, an answer is missing, or that step is
    not the next one.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        if update["status"] == "sent":
            policy.receive_update(update, tx.at)
        if (answers or concerns) and not update["minor"]:
            _assess_update(tx, module, assignment, update, answers, concerns)

    return change_update(context, "acknowledge", module_id, update_id, change)


def record_receipt(context: Context, module_id: str, update_id: str | None) -> UpdateStep:
    """Note that an agent elsewhere received an update; again changes nothing."""

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        if update["received_at"] is None:
            policy.receive_update(update, tx.at)

    return change_update(context, "update", module_id, update_id, change)


def record_feasibility(
    context: Context, module_id: str, update_id: str | None, answers: Sequence[str], concerns: Sequence[str]
) -> UpdateStep:
    """Note what an agent elsewhere makes of an update. Raises what `acknowledge_update` raises."""

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        _assess_update(tx, module, assignment, update, answers, concerns)

    return change_update(context, "update", module_id, update_id, change)


def _assess_update(
    tx: Transaction,
    module: Module,
    assignment: Assignment,
    update: Update,
    answers: Sequence[str],
    concerns: Sequence[str],
) -> None:
    given, doubts = [answer.strip() for answer in answers], [concern.strip() for concern in concerns]
    if update["answers"] == given and [one["text"] for one in update["concerns"]] == doubts:
        return
    policy.require_step(module["id"], update, policy.FEASIBILITY)
    if len(given) != len(policy.QUESTIONS):
        missing = policy.QUESTIONS[min(len(given), len(policy.QUESTIONS) - 1)]
        raise AtlasError(
            f"answer all {len(policy.QUESTIONS)} questions, each by --feasibility TEXT; next is: {missing}"
        )
    for text in (*given, *doubts):
        require_text(text, LONGEST_WORDS, "an answer or concern")
    policy.assess_update(update, given, doubts)
    if tx.actor["role"] == roles.WORKER:
        subject = subjects.verify_update_subject(module, assignment["task_uuid"])
        body = updates.assessed_body(module, assignment["agent"], update, policy.describe_next(module["id"], update))
        post_message(tx, LEAD_MAILBOX, subject, body, priority="high", task_uuid=assignment["task_uuid"])
