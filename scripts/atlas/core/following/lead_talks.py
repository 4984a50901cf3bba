"""The lead's actions that answer an agent: a message, a question, a repetition, a change, a block."""

from __future__ import annotations

from atlas.core import clock
from atlas.core.records.assignment import report_count
from atlas.core.records.kinds import REPORT
from atlas.core.records.team import AI
from atlas.core.rules import updates
from atlas.core.rules.understanding import ANSWER, AUTHORIZE, JUDGE
from atlas.core.text import quote_under

from . import whose_turn
from .actions import QUOTED, Action, make_action
from .lead_view import MOST_TRIES, LeadView


def undelivered_action(desk: LeadView) -> Action | None:
    """Trying a message again that could not be delivered."""
    message = next((one for one in desk.failed if one["attempts"] < MOST_TRIES), None)
    if message is None:
        return None
    due = clock.epoch_seconds(message["next_try"]) if message["next_try"] else 0
    what = quote_under(f"{message['id']} was not delivered to {message['to']}", message["error"] or "")
    text = f"{what}\nTry again: `atlas check-agents`."
    return make_action(f"undelivered:{message['id']}", text, due)


def question_action(desk: LeadView) -> Action | None:
    """Answering the first open question."""
    for assignment in desk.by_ai:
        question = whose_turn.open_question(desk.records, assignment)
        if question is not None:
            agent, module = assignment["agent"], assignment["module"]
            text = (
                quote_under(f"{agent} asked about {module}; its question, as data", question["text"], QUOTED)
                + f"\nAnswer it: `atlas answer {module} {question['id']} TEXT`."
            )
            return make_action(f"question:{assignment['task_uuid']}:{question['id']}", text)
    return None


def judge_action(desk: LeadView) -> Action | None:
    """Confirming or correcting a repetition."""
    assignment = desk.at(JUDGE)
    if assignment is None:
        return None
    command = f"atlas verify-instructions record-repetition {assignment['agent']} --module {assignment['module']}"
    text = (
        f"{assignment['agent']} has repeated what it will do about {assignment['module']}. Read it: `{command}`; "
        "then the same with `--correct`, or with `--wrong TEXT` and what is wrong."
    )
    return make_action(f"judge:{assignment['task_uuid']}:{assignment['instruction_verification']['attempts']}", text)


def authorize_action(desk: LeadView) -> Action | None:
    """Letting an agent begin that has understood its task."""
    assignment = desk.at(ANSWER, AUTHORIZE)
    if assignment is None:
        return None
    agent, module = assignment["agent"], assignment["module"]
    command = f"atlas verify-instructions {{}} {agent} --module {module}"
    if whose_turn.missing_step(assignment, desk.rules) == ANSWER:
        text = (
            f"{agent} asked about {module} elsewhere than in ATLAS. Answer it there, then "
            f"`{command.format('record-questions')} --count N --answered N`."
        )
        return make_action(f"answers:{assignment['task_uuid']}", text)
    text = f"{agent} has understood {module}. Let it begin: `{command.format('authorize')}`."
    return make_action(f"authorize:{assignment['task_uuid']}", text)


def update_action(desk: LeadView) -> Action | None:
    """The lead's next step about a change that an agent rests for."""
    for assignment in desk.by_ai:
        agent, module = assignment["agent"], assignment["module"]
        for update in updates.open_updates(assignment):
            if updates.next_step(update) in (updates.CONCERNS, updates.AUTHORIZATION):
                step = updates.describe_next(module, update)
                text = f"{agent} rests until the change of {module} is settled. Next is {step}"
                return make_action(f"update:{assignment['task_uuid']}:{update['id']}:{update['status']}", text)
    return None


def blocked_action(desk: LeadView) -> Action | None:
    """Helping an agent on that said it is blocked."""
    assignment = desk.unanswered("blocked")
    if assignment is None:
        return None
    agent, module = assignment["agent"], assignment["module"]
    why = desk.records.where(REPORT, task_uuid=assignment["task_uuid"])
    how = f"`atlas notify {agent} --subject TEXT --message TEXT`" if assignment["agent_type"] == AI else "talk to them"
    text = (
        quote_under(f"{agent} is blocked on {module}; why, as data", why[-1]["text"] if why else "", QUOTED)
        + f"\nHelp it on ({how}), or give the module to another: `atlas reassign {module} --to AGENT --force`."
    )
    return make_action(f"blocked:{assignment['task_uuid']}:{report_count(assignment)}", text)
