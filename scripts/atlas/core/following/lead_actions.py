"""The lead's actions in their order, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator

from atlas.core import clock
from atlas.core.records.assignment import report_count
from atlas.core.records.kinds import SESSION, WORKSPACE
from atlas.core.records.message import LEAD_MAILBOX

from . import whose_turn
from .actions import Action, mail_action, make_action
from .lead_talks import (
    authorize_action,
    blocked_action,
    judge_action,
    question_action,
    undelivered_action,
    update_action,
)
from .lead_view import LeadView, has_work
from .reviews import review_action


def lead_actions(desk: LeadView) -> Iterator[Action]:
    """The first of each kind, the most urgent kind first."""
    talks = (undelivered_action, question_action, judge_action, authorize_action, update_action, blocked_action)
    for kind in (
        *talks,
        _verify_action,
        _review_action,
        _assign_action,
        _begin_action,
        _lead_mail_action,
        _poll_action,
    ):
        action = kind(desk)
        if action is not None:
            yield action


def _verify_action(desk: LeadView) -> Action | None:
    assignment = desk.unanswered("reported")
    if assignment is None:
        return None
    agent, module = assignment["agent"], assignment["module"]
    text = (
        f"{agent} reported {module} done. Verify it: `atlas complete {module}`. "
        f"If it cannot be verified as it is, tell {agent} what to do."
    )
    return make_action(f"verify:{assignment['task_uuid']}:{report_count(assignment)}", text)


def _review_action(desk: LeadView) -> Action | None:
    return review_action(desk.board)


def _assign_action(desk: LeadView) -> Action | None:
    if not desk.ready:
        return None
    module = desk.ready[0]["id"]
    if desk.free:
        agent = desk.free[0]
        return make_action(
            f"assign:{module}", f"{module} is ready and {agent} is free: `atlas assign {module} {agent}`."
        )
    if not desk.agents:
        text = f"{module} is ready and there is no agent: `atlas register ai NAME`, then `atlas assign {module} AGENT`."
        return make_action("register", text)
    return None


def _begin_action(desk: LeadView) -> Action | None:
    """An agent that has work to do and is in no session, as far as is known."""
    workspaces = {w["task_uuid"]: w for w in desk.records.where(WORKSPACE, status="ready")}
    sessions = [one for one in desk.records.all(SESSION) if one["agent"] and one["id"] != desk.lead]
    for assignment in desk.by_ai:
        workspace, agent = workspaces.get(assignment["task_uuid"]), desk.agents[assignment["agent"]]
        if workspace is None or not has_work(desk, assignment):
            continue
        if not whose_turn.is_attended(agent, assignment, workspace, sessions):
            command = f"atlas launch {agent['id']} --module {assignment['module']}"
            text = (
                f"{agent['id']} has {assignment['module']} and is not at work. Start it: `{command} --headless`, or "
                f"as a subagent with the prompt of `{command} --print`."
            )
            return make_action(f"begin:{assignment['task_uuid']}", text, others_may=True)
    return None


def _lead_mail_action(desk: LeadView) -> Action | None:
    return mail_action(desk.board, LEAD_MAILBOX)


def _poll_action(desk: LeadView) -> Action | None:
    times = ((a["progress_polling"]["next_poll_due"], a) for a in desk.by_ai)
    due = sorted((moment, a["agent"], a["module"]) for moment, a in times if moment)
    if not due:
        return None
    moment, agent, module = due[0]
    text = f"Nothing was heard of {agent} about {module} for a while: `atlas check-agents`."
    return make_action(f"poll:{moment}", text, clock.epoch_seconds(moment))
