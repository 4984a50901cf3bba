"""What somebody with a role is to do next, by the records alone: the `stop` part of a role view.

While there is something to do, a session is not let go. Each kind of action is there at most once, the most urgent
first. What only others can move is no action but what is waited for.
"""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.assignment import Assignment, report_count
from atlas.core.records.kinds import WORKFLOW
from atlas.core.records.plan import ORCHESTRATION
from atlas.core.records.protocol import Records
from atlas.core.records.transitions import HANDED_IN
from atlas.core.rules import updates
from atlas.core.rules.understanding import REPEAT

from . import whose_turn
from .actions import Action, mail_action, make_action
from .lead_actions import lead_actions
from .lead_view import LeadView, awaited_by_lead
from .whose_turn import OpenWork


class Stop(TypedDict):
    """Whether all is over, what is to be done now or at a time, and else for whom or what is waited."""

    complete: bool
    actions: list[Action]
    waiting: str


def next_for_lead(work: OpenWork) -> Stop:
    """What the lead is to do."""
    workflow = work.records.only(WORKFLOW)
    if workflow is None or workflow["status"] == "complete":
        return {"complete": True, "actions": [], "waiting": ""}
    if workflow["phase"] != ORCHESTRATION:
        return {"complete": False, "actions": [_plan_action(workflow["status"])], "waiting": ""}
    view = LeadView(work, workflow["lead"])
    return {"complete": False, "actions": list(lead_actions(view)), "waiting": awaited_by_lead(view)}


def next_for_worker(work: OpenWork, agent: str, task_uuid: str | None = None) -> Stop:
    """What an agent is to do about all of its modules, or only about one assignment."""
    mine = [one for one in work.live if one["agent"] == agent and task_uuid in (None, one["task_uuid"])]
    actions = [mail_action(work, agent), *(_worker_action(work.records, assignment, work.rules) for assignment in mine)]
    waiting = [why for why in (_awaited_by_worker(work.records, assignment, work.rules) for assignment in mine) if why]
    found = [action for action in actions if action is not None]
    return {"complete": not mine and not found, "actions": found, "waiting": "; ".join(waiting)}


def _plan_action(status: str) -> Action:
    if status == "approved":
        return make_action("start", "The plan is approved. Begin: `atlas start`.")
    return make_action("plan", "Finish the plan: `atlas plan-status` shows what is missing. Then: `atlas approve`.")


def _worker_action(records: Records, assignment: Assignment, rules: dict[str, str]) -> Action | None:
    """The agent's next step about an assignment; None when it has said how it stands, or only the lead can move."""
    module, task_uuid = assignment["module"], assignment["task_uuid"]
    for update in updates.open_updates(assignment):
        if updates.next_step(update) in (updates.RECEIPT, updates.FEASIBILITY):
            text = f"{module} was changed. Next is {updates.describe_next(module, update)}"
            return make_action(f"update:{task_uuid}:{update['id']}:{update['status']}", text)
    if assignment["status"] in (*HANDED_IN, "blocked") or _awaited_by_worker(records, assignment, rules):
        return None
    if whose_turn.missing_step(assignment, rules) == REPEAT:
        text = f"Repeat first what you will do about {module}: `atlas repeat {module} …` (`atlas repeat --help`)."
        return make_action(f"repeat:{task_uuid}:{assignment['instruction_verification']['attempts']}", text)
    text = (
        f"{module} is neither done nor blocked: go on with it. Then `atlas report {module} done`, or "
        f"`atlas report {module} blocked --text WHY`."
    )
    return make_action(f"work:{task_uuid}:{report_count(assignment)}", text)


def _awaited_by_worker(records: Records, assignment: Assignment, rules: dict[str, str]) -> str:
    """What the agent of an assignment waits for; nothing when it waits for none of the lead's words."""
    if assignment["handover"]:
        return f"{assignment['module']} to be given to {assignment['handover']['to']}: leave everything as it is"
    return f"the lead's word about {assignment['module']}" if whose_turn.is_for_lead(records, assignment, rules) else ""
