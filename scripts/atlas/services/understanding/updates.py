"""Changes of the instructions during the work, verified step by step: `policy.updates` says which comes when.

The agent's own part is `acknowledge`; the lead may record it on behalf of an agent elsewhere. That a hook showed the
interrupt to the agent's model is its receipt, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.letters import subjects, updates
from atlas.core.records.assignment import Assignment, Update, new_update
from atlas.core.records.kinds import ASSIGNMENT, DISCOVERY
from atlas.core.records.message import LEAD_MAILBOX
from atlas.core.records.plan import Module
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.results.updates import AcknowledgeResult, UpdateLine, Updates, UpdateStep
from atlas.core.rules import roles
from atlas.core.rules import updates as policy
from atlas.services.assignments.assignments import live_assignment
from atlas.services.messages import interrupts
from atlas.services.messages.mailbox import post
from atlas.services.project.context import Context
from atlas.services.project.phases import executing, orchestration
from atlas.services.project.settings import current

Change = Callable[[Transaction, Module, Assignment, Update], None]
"""Changes an update of an assignment in place, and says what is to be said of it."""
LONGEST = 20_000
LONGEST_WORDS = 4000
_MOST = 200


def send(context: Context, module_id: str, kind: str, text: str, minor: bool = False) -> UpdateStep:
    """Tell the agent of a module of a change, and unless it is `minor` have it pause until `authorize`.

    The same change again, while it is open, changes nothing. Raises AtlasError when there is no text, nobody has the
    module, or a person has it.
    """
    _require_text(text, LONGEST, "--text")

    def run(tx: Transaction, actor: roles.Actor) -> UpdateStep:
        executing(tx)
        module, assignment = live_assignment(tx, module_id)
        if assignment["agent_type"] != AI:
            raise AtlasError(f"{assignment['agent']} is a person: tell them yourself, nothing is verified")
        for update in policy.open_updates(assignment):
            if (update["type"], update["text"], update["minor"]) == (kind, text, minor):
                return _result(assignment, update)
        if len(assignment["instruction_updates"]) >= _MOST:
            raise AtlasError(f"{module_id} was changed {_MOST} times: take it back and describe it anew")
        update = _new(tx, actor, assignment, kind, text, minor)
        update["told"] = _tell(tx, actor, module, assignment, update)
        tx.put(ASSIGNMENT, assignment)
        return _result(assignment, update)

    return context.transact("update", run)


def _new(tx: Transaction, actor: roles.Actor, assignment: Assignment, kind: str, text: str, minor: bool) -> Update:
    known = assignment["instruction_updates"]
    by = actor["agent"] or actor["role"]
    update = new_update(id=f"u{len(known) + 1}", type=kind, text=text, minor=minor, at=tx.at, by=by)
    known.append(update)
    return update


def _tell(tx: Transaction, actor: roles.Actor, module: Module, assignment: Assignment, update: Update) -> str:
    """Interrupt the agent, or send it a message where it has no workspace; returns the id of either."""
    body = updates.changed_body(module, update, policy.QUESTIONS)
    severity = "important" if update["minor"] else "critical"
    word = interrupts.stop_work(tx, actor, assignment, body, severity)
    if word is not None:
        return word
    name = subjects.update_subject if update["minor"] else subjects.verify_update_subject
    priority = "high" if update["minor"] else "urgent"
    subject, task_uuid = name(module, assignment["task_uuid"]), assignment["task_uuid"]
    return post(tx, assignment["agent"], subject, body, priority=priority, task_uuid=task_uuid)["id"]


def acknowledge(
    context: Context, module_id: str, update_id: str | None, answers: Sequence[str], concerns: Sequence[str]
) -> AcknowledgeResult:
    """The agent's part: that it received an update and, with `answers` to all questions, what it makes of it.

    The same again changes nothing. Raises AtlasError when it is another agent's, an answer is missing, or that step is
    not the next one.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        if update["status"] == "sent":
            policy.receive(update, tx.at)
        if (answers or concerns) and not update["minor"]:
            _assess(tx, module, assignment, update, answers, concerns)

    return _act(context, "acknowledge", module_id, update_id, change)


def record_receipt(context: Context, module_id: str, update_id: str | None) -> UpdateStep:
    """Note that an agent elsewhere received an update; again changes nothing."""

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        if update["received_at"] is None:
            policy.receive(update, tx.at)

    return _act(context, "update", module_id, update_id, change)


def record_feasibility(
    context: Context, module_id: str, update_id: str | None, answers: Sequence[str], concerns: Sequence[str]
) -> UpdateStep:
    """Note what an agent elsewhere makes of an update. Raises what `acknowledge` raises."""

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        _assess(tx, module, assignment, update, answers, concerns)

    return _act(context, "update", module_id, update_id, change)


def _assess(
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
        _require_text(text, LONGEST_WORDS, "an answer or concern")
    policy.assess(update, given, doubts)
    if tx.actor["role"] == roles.WORKER:
        subject = subjects.verify_update_subject(module, assignment["task_uuid"])
        body = updates.assessed_body(module, assignment["agent"], update, policy.describe_next(module["id"], update))
        post(tx, LEAD_MAILBOX, subject, body, priority="high", task_uuid=assignment["task_uuid"])


def resolve(context: Context, module_id: str, update_id: str | None, resolution: str, number: int | None) -> UpdateStep:
    """Answer an agent's concerns about an update, all or the one of that number; the agent is told.

    Raises AtlasError when that step is not the next one, or there is no such concern.
    """
    _require_text(resolution, LONGEST_WORDS, "--resolution")

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        about = update["concerns"][number - 1 : number] if number else update["concerns"]
        if any(concern["resolution"] == resolution for concern in about):
            return
        policy.require_step(module_id, update, policy.CONCERNS)
        policy.resolve(update, resolution, number)
        subject = subjects.clarification_subject(module, assignment["task_uuid"])
        body = updates.resolved_body(module, update)
        post(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])

    return _act(context, "update", module_id, update_id, change)


def authorize(context: Context, module_id: str, update_id: str | None) -> UpdateStep:
    """Let an agent go on with an update; again changes nothing. Raises AtlasError when another step comes first."""

    def change(tx: Transaction, module: Module, assignment: Assignment, update: Update) -> None:
        if policy.next_step(update) is None:
            return
        policy.require_step(module_id, update, policy.AUTHORIZATION)
        policy.resume(update, tx.at)
        subject = subjects.resume_subject(module, assignment["task_uuid"])
        body = updates.resumed_body(module, update, policy.pauses(assignment))
        post(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])

    return _act(context, "update", module_id, update_id, change)


def history(context: Context, module_id: str) -> Updates:
    """Every update of a module, of whoever had it. Raises AtlasError when there is no such module."""

    def run(tx: Transaction, actor: roles.Actor) -> Updates:
        orchestration(tx)
        found = tx.where(ASSIGNMENT, module=module_id)
        if not found:
            live_assignment(tx, module_id)
        return {"updates": [_line(tx, a, update) for a in found for update in a["instruction_updates"]]}

    return context.read("update", run)


def pending(context: Context) -> Updates:
    """Every open update of the live assignments, with its next step."""

    def run(tx: Transaction, actor: roles.Actor) -> Updates:
        orchestration(tx)
        live = tx.where(ASSIGNMENT, status=LIVE)
        lines = [_line(tx, a, update) for a in live for update in policy.open_updates(a)]
        return {"updates": [line for line in lines if line["next"]]}

    return context.read("update", run)


def _line(tx: Transaction, assignment: Assignment, update: Update) -> UpdateLine:
    _note_receipt(tx, update)
    return {"agent": assignment["agent"], "module": assignment["module"], "next": policy.next_step(update), **update}


def _act(context: Context, verb: str, module_id: str, update_id: str | None, change: Change) -> UpdateStep:
    def run(tx: Transaction, actor: roles.Actor) -> UpdateStep:
        executing(tx)
        module, assignment = live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        update = policy.find(assignment, update_id)
        _note_receipt(tx, update)
        before = dict(update)
        change(tx, module, assignment, update)
        if actor["role"] == roles.WORKER and before != update:
            poll_schedule.heard(assignment, tx.at, "update", poll_schedule.times_of(current(tx)))
        tx.put(ASSIGNMENT, assignment)
        return _result(assignment, update)

    return context.transact(verb, run)


def _note_receipt(tx: Transaction, update: Update) -> None:
    """A hook that showed the update to the agent's model left a receipt: no word of the agent is needed for that."""
    word = tx.get(DISCOVERY, update["told"])
    shown = [one["delivered_at"] for one in word["recipients"] if one["status"] == "delivered"] if word else []
    if shown and update["received_at"] is None:
        policy.receive(update, str(shown[0]))


def _result(assignment: Assignment, update: Update) -> UpdateStep:
    step = policy.next_step(update)
    return {
        "module": assignment["module"],
        "agent": assignment["agent"],
        "update": update,
        "next": step,
        "how": policy.describe_next(assignment["module"], update) if step else None,
    }


def _require_text(text: str, most: int, what: str) -> None:
    if not text.strip() or len(text) > most:
        raise AtlasError(f"{what} has {len(text.strip())} characters: give 1 to {most}")
