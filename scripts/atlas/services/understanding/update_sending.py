"""Telling an agent of a change of its instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.letters import subjects, updates
from atlas.core.records.assignment import Assignment, Update, new_update
from atlas.core.records.kinds import ASSIGNMENT
from atlas.core.records.team import AI
from atlas.core.rules import roles
from atlas.core.rules import updates as policy
from atlas.services.assignments.assignments import live_assignment
from atlas.services.messages import interrupts
from atlas.services.messages.mailbox import post_message
from atlas.services.project.phases import executing_workflow

from .update_steps import LONGEST, require_text, update_result

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Module
    from atlas.core.results.updates import UpdateStep
    from atlas.services.project.context import Context

_MOST = 200


def send_update(context: Context, module_id: str, kind: str, text: str, minor: bool = False) -> UpdateStep:
    """Tell the agent of a module of a change, and unless it is `minor` have it pause until `authorize_update`.

    The same change again, while it is open, changes nothing. Raises AtlasError when there is no text, nobody has the
    module, or a person has it.
    """
    require_text(text, LONGEST, "--text")

    def run(tx: Transaction, actor: roles.Actor) -> UpdateStep:
        executing_workflow(tx)
        module, assignment = live_assignment(tx, module_id)
        if assignment["agent_type"] != AI:
            raise AtlasError(f"{assignment['agent']} is a person: tell them yourself, nothing is verified")
        for update in policy.open_updates(assignment):
            if (update["type"], update["text"], update["minor"]) == (kind, text, minor):
                return update_result(assignment, update)
        if len(assignment["instruction_updates"]) >= _MOST:
            raise AtlasError(f"{module_id} was changed {_MOST} times: take it back and describe it anew")
        update = _new_update(tx, actor, assignment, kind, text, minor)
        agent = assignment["agent"]
        tx.emit("UpdateSent", module=module_id, agent=agent, update=update["id"], type=kind, text=text)
        update["told"] = _tell_agent(tx, actor, module, assignment, update)
        tx.put(ASSIGNMENT, assignment)
        return update_result(assignment, update)

    return context.transact("update", run)


def _new_update(
    tx: Transaction, actor: roles.Actor, assignment: Assignment, kind: str, text: str, minor: bool
) -> Update:
    known = assignment["instruction_updates"]
    by = actor["agent"] or actor["role"]
    update = new_update(id=f"u{len(known) + 1}", type=kind, text=text, minor=minor, at=tx.at, by=by)
    known.append(update)
    return update


def _tell_agent(tx: Transaction, actor: roles.Actor, module: Module, assignment: Assignment, update: Update) -> str:
    """Interrupt the agent, or send it a message where it has no workspace; returns the id of either."""
    body = updates.changed_body(module, update, policy.QUESTIONS)
    severity = "important" if update["minor"] else "critical"
    word = interrupts.stop_work(tx, actor, assignment, body, severity)
    if word is not None:
        return word
    name = subjects.update_subject if update["minor"] else subjects.verify_update_subject
    priority = "high" if update["minor"] else "urgent"
    subject, task_uuid = name(module, assignment["task_uuid"]), assignment["task_uuid"]
    return post_message(tx, assignment["agent"], subject, body, priority=priority, task_uuid=task_uuid)["id"]
