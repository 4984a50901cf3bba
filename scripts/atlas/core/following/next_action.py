"""What somebody with a role is to do next, by the records alone: the `stop` part of a gate.

While there is something to do, a session is not let go. Each kind of action is there at most once, the most urgent
first. What only others can move is no action but what is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from atlas.core import clock
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, MESSAGE, MODULE, SESSION, WORKFLOW, WORKSPACE
from atlas.core.records.message import LEAD_MAILBOX
from atlas.core.records.plan import ORCHESTRATION, Module
from atlas.core.records.protocol import Records
from atlas.core.records.team import AI
from atlas.core.rules import graph, updates
from atlas.core.rules.understanding import ANSWER, AUTHORIZE, JUDGE, REPEAT
from atlas.core.text import marked, one_line

from . import whose_turn
from .whose_turn import OpenWork

Action = TypedDict("Action", {"key": str, "text": str, "from": int, "others_may": bool})
"""`key` stays the same while the situation does; `from` is when it becomes due, in seconds since the epoch, 0 for now;
what `others_may` do is not to be done while subagents run in the background, for they may be doing it."""

MOST_TRIES = 5
"""After which a message that cannot be delivered is a matter for the person."""
_QUOTED = 600
_NAMED = 6


class Stop(TypedDict):
    """Whether all is over, what is to be done now or at a time, and else for whom or what is waited."""

    complete: bool
    actions: list[Action]
    waiting: str


def for_lead(board: OpenWork) -> Stop:
    """What the lead is to do."""
    workflow = board.records.only(WORKFLOW)
    if workflow is None or workflow["status"] == "complete":
        return {"complete": True, "actions": [], "waiting": ""}
    if workflow["phase"] != ORCHESTRATION:
        return {"complete": False, "actions": [_plan(workflow["status"])], "waiting": ""}
    desk = LeadView(board, workflow["lead"])
    return {"complete": False, "actions": list(_of_lead(desk)), "waiting": _awaited(desk)}


def for_worker(board: OpenWork, agent: str, task_uuid: str | None = None) -> Stop:
    """What an agent is to do about all of its modules, or only about one assignment."""
    mine = [one for one in board.live if one["agent"] == agent and task_uuid in (None, one["task_uuid"])]
    actions = [_mail_of(board, agent), *(_own_turn(assignment, board.rules) for assignment in mine)]
    waiting = [why for why in (_waited_for(assignment, board.rules) for assignment in mine) if why]
    found = [action for action in actions if action is not None]
    return {"complete": not mine and not found, "actions": found, "waiting": "; ".join(waiting)}


def _plan(status: str) -> Action:
    if status == "approved":
        return _action("start", "The plan is approved. Begin: `atlas start`.")
    return _action("plan", "Finish the plan: `atlas plan-status` shows what is missing. Then: `atlas approve`.")


def _action(key: str, text: str, due: int = 0, others_may: bool = False) -> Action:
    return {"key": key, "text": text, "from": due, "others_may": others_may}


def _mail_of(board: OpenWork, mailbox: str) -> Action | None:
    unread = board.unread(mailbox)
    if not unread:
        return None
    count = "a message" if len(unread) == 1 else f"{len(unread)} messages"
    return _action(f"mail:{unread[-1]['id']}", f"You have {count} unread: `atlas inbox {mailbox}`.")


def _quoted(words: str) -> str:
    return marked(one_line(words, _QUOTED))


# An agent


def _own_turn(assignment: Assignment, rules: dict[str, str]) -> Action | None:
    """The agent's next step about an assignment; None when it has said how it stands, or only the lead can move."""
    module, task_uuid = assignment["module"], assignment["task_uuid"]
    for update in updates.open_updates(assignment):
        if updates.next_step(update) in (updates.RECEIPT, updates.FEASIBILITY):
            text = f"{module} was changed. Next is {updates.describe_next(module, update)}"
            return _action(f"update:{task_uuid}:{update['id']}:{update['status']}", text)
    if assignment["status"] in ("reported", "blocked") or _waited_for(assignment, rules):
        return None
    if whose_turn.step(assignment, rules) == REPEAT:
        text = f"Repeat first what you will do about {module}: `atlas repeat {module} …` (`atlas repeat --help`)."
        return _action(f"repeat:{task_uuid}:{assignment['instruction_verification']['attempts']}", text)
    text = (
        f"{module} is neither done nor blocked: go on with it. Then `atlas report {module} done`, or "
        f"`atlas report {module} blocked --text WHY`."
    )
    return _action(f"work:{task_uuid}:{len(assignment['reports'])}", text)


def _waited_for(assignment: Assignment, rules: dict[str, str]) -> str:
    """What the agent of an assignment waits for; nothing when it waits for none of the lead's words."""
    if assignment["handover"]:
        return f"{assignment['module']} to be given to {assignment['handover']['to']}: leave everything as it is"
    return f"the lead's word about {assignment['module']}" if whose_turn.is_for_lead(assignment, rules) else ""


# The lead


class LeadView:
    """What the lead's next action depends on."""

    def __init__(self, board: OpenWork, lead: str | None) -> None:
        self.board, self.records, self.lead = board, board.records, lead
        self.live, self.rules = board.live, board.rules
        self.by_ai = [assignment for assignment in self.live if assignment["agent_type"] == AI]
        self.agents = {agent["id"]: agent for agent in self.records.all(AGENT)}
        self.ready = _ready(self.records)
        busy = {assignment["agent"] for assignment in self.live}
        self.free = [key for key, agent in self.agents.items() if agent["type"] == AI and key not in busy]
        self.failed = self.records.where(MESSAGE, status="failed")

    def at(self, *steps: str) -> Assignment | None:
        """The first assignment whose agent waits for one of these steps of the lead's."""
        return next((one for one in self.by_ai if whose_turn.step(one, self.rules) in steps), None)

    def unanswered(self, status: str) -> Assignment | None:
        """The first assignment of that status whose agent has had no word since it said so."""
        found = (one for one in self.live if one["status"] == status)
        return next((one for one in found if not whose_turn.has_word(self.records, one)), None)


def _ready(records: Records) -> list[Module]:
    pending, complete = records.where(MODULE, status="pending"), records.keys(MODULE, status="complete")
    return graph.unblocked(pending, set(complete))


def _of_lead(desk: LeadView) -> Iterator[Action]:
    """The first of each kind, the most urgent kind first."""
    talks = (_undelivered, _question, _judge, _authorize, _update, _blocked)
    for kind in (*talks, _verify, _assign, _begin, _mail, _poll):
        action = kind(desk)
        if action is not None:
            yield action


def _undelivered(desk: LeadView) -> Action | None:
    message = next((one for one in desk.failed if one["attempts"] < MOST_TRIES), None)
    if message is None:
        return None
    due = clock.seconds(message["next_try"]) if message["next_try"] else 0
    why = f" ({one_line(message['error'])})" if message["error"] else ""
    text = f"{message['id']} was not delivered to {message['to']}{why}. Try again: `atlas check-agents`."
    return _action(f"undelivered:{message['id']}", text, due)


def _question(desk: LeadView) -> Action | None:
    for assignment in desk.by_ai:
        question = whose_turn.open_question(assignment)
        if question is not None:
            agent, module = assignment["agent"], assignment["module"]
            text = (
                f"{agent} asked about {module}; its question, as data:\n{_quoted(question['text'])}\n"
                f"Answer it: `atlas answer {module} {question['id']} TEXT`."
            )
            return _action(f"question:{assignment['task_uuid']}:{question['id']}", text)
    return None


def _judge(desk: LeadView) -> Action | None:
    assignment = desk.at(JUDGE)
    if assignment is None:
        return None
    command = f"atlas verify-instructions record-repetition {assignment['agent']} --module {assignment['module']}"
    text = (
        f"{assignment['agent']} has repeated what it will do about {assignment['module']}. Read it: `{command}`; "
        "then the same with `--correct`, or with `--wrong TEXT` and what is wrong."
    )
    return _action(f"judge:{assignment['task_uuid']}:{assignment['instruction_verification']['attempts']}", text)


def _authorize(desk: LeadView) -> Action | None:
    assignment = desk.at(ANSWER, AUTHORIZE)
    if assignment is None:
        return None
    agent, module = assignment["agent"], assignment["module"]
    command = f"atlas verify-instructions {{}} {agent} --module {module}"
    if whose_turn.step(assignment, desk.rules) == ANSWER:
        text = (
            f"{agent} asked about {module} elsewhere than in ATLAS. Answer it there, then "
            f"`{command.format('record-questions')} --count N --answered N`."
        )
        return _action(f"answers:{assignment['task_uuid']}", text)
    text = f"{agent} has understood {module}. Let it begin: `{command.format('authorize')}`."
    return _action(f"authorize:{assignment['task_uuid']}", text)


def _update(desk: LeadView) -> Action | None:
    for assignment in desk.by_ai:
        agent, module = assignment["agent"], assignment["module"]
        for update in updates.open_updates(assignment):
            if updates.next_step(update) in (updates.CONCERNS, updates.AUTHORIZATION):
                step = updates.describe_next(module, update)
                text = f"{agent} rests until the change of {module} is settled. Next is {step}"
                return _action(f"update:{assignment['task_uuid']}:{update['id']}:{update['status']}", text)
    return None


def _blocked(desk: LeadView) -> Action | None:
    assignment = desk.unanswered("blocked")
    if assignment is None:
        return None
    agent, module = assignment["agent"], assignment["module"]
    how = f"`atlas notify {agent} --subject TEXT --message TEXT`" if assignment["agent_type"] == AI else "talk to them"
    text = (
        f"{agent} is blocked on {module}; why, as data:\n{_quoted(assignment['reports'][-1]['text'])}\n"
        f"Help it on ({how}), or give the module to another: `atlas reassign {module} --to AGENT --force`."
    )
    return _action(f"blocked:{assignment['task_uuid']}:{len(assignment['reports'])}", text)


def _verify(desk: LeadView) -> Action | None:
    assignment = desk.unanswered("reported")
    if assignment is None:
        return None
    agent, module = assignment["agent"], assignment["module"]
    text = (
        f"{agent} reported {module} done. Verify it: `atlas complete {module}`. "
        f"If it cannot be verified as it is, tell {agent} what to do."
    )
    return _action(f"verify:{assignment['task_uuid']}:{len(assignment['reports'])}", text)


def _assign(desk: LeadView) -> Action | None:
    if not desk.ready:
        return None
    module = desk.ready[0]["id"]
    if desk.free:
        agent = desk.free[0]
        return _action(f"assign:{module}", f"{module} is ready and {agent} is free: `atlas assign {module} {agent}`.")
    if not desk.agents:
        text = f"{module} is ready and there is no agent: `atlas register ai NAME`, then `atlas assign {module} AGENT`."
        return _action("register", text)
    return None


def _begin(desk: LeadView) -> Action | None:
    """An agent that has work to do and is in no session, as far as is known."""
    places = {w["task_uuid"]: w for w in desk.records.where(WORKSPACE, status="ready")}
    sessions = [one for one in desk.records.all(SESSION) if one["agent"] and one["id"] != desk.lead]
    for assignment in desk.by_ai:
        place, agent = places.get(assignment["task_uuid"]), desk.agents[assignment["agent"]]
        if place is None or not _has_work(desk, assignment):
            continue
        if not whose_turn.is_attended(agent, assignment, place, sessions):
            command = f"atlas launch {agent['id']} --module {assignment['module']}"
            text = (
                f"{agent['id']} has {assignment['module']} and is not at work. Start it: `{command} --headless`, or "
                f"as a subagent with the prompt of `{command} --print`."
            )
            return _action(f"begin:{assignment['task_uuid']}", text, others_may=True)
    return None


def _has_work(desk: LeadView, assignment: Assignment) -> bool:
    """Whether the agent of an assignment can do something about it now."""
    if assignment["handover"] or whose_turn.is_for_lead(assignment, desk.rules):
        return False
    helped = assignment["status"] == "blocked" and whose_turn.has_word(desk.records, assignment)
    return assignment["status"] in ("assigned", "in_progress") or helped


def _mail(desk: LeadView) -> Action | None:
    return _mail_of(desk.board, LEAD_MAILBOX)


def _poll(desk: LeadView) -> Action | None:
    times = ((a["progress_polling"]["next_poll_due"], a) for a in desk.by_ai)
    due = sorted((moment, a["agent"], a["module"]) for moment, a in times if moment)
    if not due:
        return None
    moment, agent, module = due[0]
    text = f"Nothing was heard of {agent} about {module} for a while: `atlas check-agents`."
    return _action(f"poll:{moment}", text, clock.seconds(moment))


def _awaited(desk: LeadView) -> str:
    names = [f"{a['agent']} with {a['module']} ({a['status'].replace('_', ' ')})" for a in desk.live]
    if desk.ready and desk.agents and not desk.free:
        names.append(f"a free agent for {desk.ready[0]['id']}")
    given_up = [one for one in desk.failed if one["attempts"] >= MOST_TRIES]
    names += [f"the person, for {one['to']} cannot be sent {one['id']}" for one in given_up]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
