"""The lead's part in an update: answering concerns, letting the agent go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.letters import subjects, updates
from atlas.core.rules import updates as policy
from atlas.services.messages.mailbox import post_message

from .update_steps import LONGEST_WORDS, change_update, require_text

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment, Update
    from atlas.core.records.plan import Module
    from atlas.core.results.updates import UpdateStep
    from atlas.services.project.context import Context


def resolve_update(
    context: Context, module_id: str, update_id: str | None, resolution: str, number: int | None
) -> UpdateStep:
    """Answer an agent's concerns about an update, all or the one of that number; the agent is told.

    Raises AtlasError when that step is not the next one, or there is no such concern.
    """
    require_text(resolution, LONGEST_WORDS, "--resolution")

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        about = update["concerns"][number - 1 : number] if number else update["concerns"]
        if any(concern["resolution"] == resolution for concern in about):
            return
        policy.require_step(module_id, update, policy.CONCERNS)
        policy.resolve_concerns(update, resolution, number)
        agent, text = assignment["agent"], resolution
        tx.emit("ConcernsResolved", module=module_id, agent=agent, update=update["id"], text=text)
        subject = subjects.clarification_subject(module, assignment["task_uuid"])
        body = updates.resolved_body(module, update)
        post_message(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])

    return change_update(context, "update", module_id, update_id, change)


def authorize_update(context: Context, module_id: str, update_id: str | None) -> UpdateStep:
    """Let an agent go on with an update; again changes nothing. Raises AtlasError when another step comes first."""

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        if policy.next_step(update) is None:
            return
        policy.require_step(module_id, update, policy.AUTHORIZATION)
        policy.resume_update(update, tx.at)
        tx.emit("WorkResumed", module=module_id, agent=assignment["agent"], update=update["id"])
        subject = subjects.resume_subject(module, assignment["task_uuid"])
        body = updates.resumed_body(module, update, policy.pause_reason(assignment))
        post_message(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])

    return change_update(context, "update", module_id, update_id, change)
