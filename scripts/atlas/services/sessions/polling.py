"""Asking the AI agents at work how they stand, and noting what they answer or what shows that they work.

A poll counts when its message went out. What shows by itself (heartbeats, commits, changed files) is looked for only
of agents that are due, before the transaction, since it may take git.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.following.poll_schedule import ASK, ESCALATE, UNSENT, WAIT, Times
from atlas.core.letters import subjects
from atlas.core.letters.polls import poll_body, silent_body
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE, MODULE, WORKSPACE
from atlas.core.records.message import IN_OUTBOX, LEAD_MAILBOX, PROGRESS_POLL, Message
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.results.messages import UnsentMessage
from atlas.core.results.polling import (
    Asked,
    CheckAgentsResult,
    Checked,
    Escalated,
    ModulePoll,
    PollAnswered,
    PollHistory,
    PollSent,
)
from atlas.core.rules import understanding, updates
from atlas.core.rules.roles import Actor
from atlas.core.text import one_line
from atlas.services.messages.exchange import exchange
from atlas.services.messages.mailbox import post
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration
from atlas.services.project.settings import current

from . import watchdog

Seen = dict[str, watchdog.Work]
"""The newest activity of an assignment, by its UUID."""
_LONGEST_ANSWER = 20_000


def check_agents(context: Context, everybody: bool = False) -> CheckAgentsResult:
    """Ask every AI agent that is due, or with `everybody` all of them, how it stands.

    An agent whose work shows is not asked. One that left three polls without an answer is not asked either: the lead is
    told, once. The result names them all: `polled`, `active`, `escalated`, `not_due`, and `unsent`, whose earlier poll
    has not gone out yet. What waits in the outbox is sent first, and mail for the lead is taken in: `undelivered` are
    the messages that still wait at the end, `troubles` what could not be done.
    """
    seen = {} if everybody else _activity(context)

    def run(tx: Transaction, actor: Actor) -> Checked:
        orchestration(tx)
        times, found = poll_schedule.times_of(current(tx)), _nothing()
        for assignment in _polled(tx):
            _check(tx, assignment, times, seen.get(assignment["task_uuid"]), everybody, found)
        return found

    return _exchanging(context, "check-agents", run)


def _nothing() -> Checked:
    return {"polled": [], "active": [], "escalated": [], "unsent": [], "not_due": []}


def _exchanging(context: Context, verb: str, run: Callable[[Transaction, Actor], Checked]) -> CheckAgentsResult:
    """What `run` comes to between two turns of the post: what was waiting goes out first, what it adds after that."""
    context.read(verb, lambda tx, actor: orchestration(tx))
    troubles = exchange(context)["troubles"]
    found = context.transact(verb, run)
    undelivered = context.read(verb, lambda tx, actor: _undelivered(tx, found))
    return {**found, "undelivered": undelivered, "troubles": troubles}


def _undelivered(tx: Transaction, found: Checked) -> list[UnsentMessage]:
    """What still waits when the transport has had everything; what was found says how far its messages are by then."""
    for line in found["polled"]:
        line["status"] = tx.need(MESSAGE, line["message"])["status"]
    waiting = tx.where(MESSAGE, status=IN_OUTBOX, held=False)
    return [{"id": m["id"], "to": m["to"], "error": m["error"]} for m in waiting]


def failed(result: CheckAgentsResult | PollSent) -> bool:
    """Whether the transport did not take something that was to go out, or was not reached."""
    return bool(result["unsent"] or result["undelivered"] or result["troubles"])


def poll(context: Context, agent_id: str, module_id: str | None = None) -> PollSent:
    """Ask an AI agent how it stands now, about each of its modules or the one named.

    Raises AtlasError when there is no such agent, it is a person, or has nothing.
    """

    def run(tx: Transaction, actor: Actor) -> Checked:
        orchestration(tx)
        times, found = poll_schedule.times_of(current(tx)), _nothing()
        for assignment in _live_of(tx, agent_id, module_id):
            _check(tx, assignment, times, None, True, found)
        return found

    result = _exchanging(context, "poll", run)
    return {
        "polled": result["polled"],
        "unsent": result["unsent"],
        "undelivered": result["undelivered"],
        "troubles": result["troubles"],
    }


def record_response(context: Context, agent_id: str, module_id: str | None, text: str) -> PollAnswered:
    """Note what an agent answered to the last poll; the same again changes nothing.

    Raises AtlasError when it is not known which module it is about, no poll has gone out, or it has an answer already.
    """
    if not text.strip() or len(text) > _LONGEST_ANSWER:
        raise AtlasError(f"the response has {len(text.strip())} characters: give 1 to {_LONGEST_ANSWER}")

    def run(tx: Transaction, actor: Actor) -> PollAnswered:
        orchestration(tx)
        found = _live_of(tx, agent_id, module_id)
        if len(found) > 1:
            raise AtlasError(f"{agent_id} has {', '.join(a['module'] for a in found)}: say with --module which it is")
        (assignment,) = found
        _settle(tx, assignment, poll_schedule.times_of(current(tx)))
        asked = [one for one in assignment["progress_polling"]["poll_history"] if one["sent_at"]]
        if not asked:
            raise AtlasError(f"no poll about {assignment['module']} has gone out: ask with `atlas poll {agent_id}`")
        if asked[-1]["answer"] not in ("", text):
            raise AtlasError(f"poll #{asked[-1]['number']} has another answer: use `atlas report` for more")
        if not asked[-1]["answer"]:
            poll_schedule.heard(assignment, tx.at, "response", poll_schedule.times_of(current(tx)))
            asked[-1]["answer"] = text
            tx.put(ASSIGNMENT, assignment)
        return {"agent": agent_id, "module": assignment["module"], "poll": asked[-1]}

    return context.transact("poll", run)


def history(context: Context, agent_id: str, module_id: str | None) -> PollHistory:
    """The polls of an agent's assignments, those that are over too. Raises AtlasError when there is no such agent."""

    def run(tx: Transaction, actor: Actor) -> PollHistory:
        tx.need(AGENT, agent_id)
        mine = [a for a in tx.where(ASSIGNMENT, agent=agent_id) if module_id in (None, a["module"])]
        polls: list[ModulePoll] = [
            {"module": a["module"], **one} for a in mine for one in a["progress_polling"]["poll_history"]
        ]
        return {"agent": agent_id, "polls": polls}

    return context.read("poll", run)


def _polled(tx: Transaction) -> list[Assignment]:
    """The live assignments of AI agents."""
    return tx.where(ASSIGNMENT, agent_type=AI, status=LIVE)


def _live_of(tx: Transaction, agent_id: str, module_id: str | None) -> Sequence[Assignment]:
    agent = tx.need(AGENT, agent_id)
    if agent["type"] != AI:
        raise AtlasError(f"{agent_id} is a person, not an AI agent: ask them outside ATLAS")
    found = [a for a in _polled(tx) if a["agent"] == agent_id and module_id in (None, a["module"])]
    if not found:
        raise AtlasError(f"{agent_id} has {'no module' if module_id is None else f'no module {module_id[:80]!r}'} now")
    return found


# One assignment


def _check(
    tx: Transaction, assignment: Assignment, times: Times, seen: watchdog.Work | None, anyway: bool, found: Checked
) -> None:
    """Do what is due, or ask `anyway`, and add what came of it to what was `found`."""
    polling = assignment["progress_polling"]
    _settle(tx, assignment, times)
    poll_schedule.mend(assignment, tx.at, times)
    is_active = seen is not None and poll_schedule.is_news(assignment, clock.of(seen.at), tx.at)
    if seen is not None and is_active:
        poll_schedule.heard(assignment, clock.of(seen.at), "activity", times, one_line(seen.what))
    what = poll_schedule.step(assignment, tx.at)
    if what == ASK and not anyway and _waits_for_lead(assignment):
        poll_schedule.postponed(assignment, tx.at, times)
        what = WAIT
    agent, module = assignment["agent"], assignment["module"]
    if what == UNSENT:
        message = next(one["message"] for one in polling["poll_history"] if not one["sent_at"])
        found["unsent"].append({"agent": agent, "module": module, "message": message})
    elif anyway or what == ASK:
        found["polled"].append(_ask(tx, assignment, times))
    elif what == ESCALATE:
        found["escalated"].append(_escalate(tx, assignment))
    elif seen is not None and is_active:
        found["active"].append({"agent": agent, "module": module, "due": polling["next_poll_due"], "what": seen.what})
    else:
        found["not_due"].append({"agent": agent, "module": module, "due": polling["next_poll_due"]})
    tx.put(ASSIGNMENT, assignment)


def _waits_for_lead(assignment: Assignment) -> bool:
    """Whether the agent has said what it has to, and can only wait."""
    waits = understanding.waits_for(assignment["instruction_verification"])
    return waits not in (understanding.REPEAT, understanding.NOTHING) or updates.waits_for_lead(assignment)


def _settle(tx: Transaction, assignment: Assignment, times: Times) -> None:
    """Count the last poll if its message has gone out by now."""
    waiting = poll_schedule.unsent(assignment["progress_polling"])
    message = tx.get(MESSAGE, waiting["message"]) if waiting else None
    if message is not None and message["sent_at"]:
        poll_schedule.sent(assignment, message["sent_at"], times)


def _ask(tx: Transaction, assignment: Assignment, times: Times) -> Asked:
    polling, task_uuid = assignment["progress_polling"], assignment["task_uuid"]
    module, waiting = tx.need(MODULE, assignment["module"]), poll_schedule.unanswered(polling)
    since, urgency = waiting[0]["sent_at"] if waiting else None, poll_schedule.priority(polling, tx.at)
    message: Message = post(
        tx,
        assignment["agent"],
        subjects.poll_subject(module, polling["poll_count"] + 1),
        poll_body(module, since, understanding.may_edit(assignment, current(tx)["gates"])),
        kind=PROGRESS_POLL,
        priority=urgency,
        task_uuid=task_uuid,
    )
    asked = poll_schedule.asked(polling, message["id"], tx.at)
    _settle(tx, assignment, times)
    return {
        "agent": assignment["agent"],
        "module": assignment["module"],
        "number": asked["number"],
        "priority": urgency,
        "message": message["id"],
        "status": message["status"],
    }


def _escalate(tx: Transaction, assignment: Assignment) -> Escalated:
    """Tell the lead, and through the status the person, that an agent does not answer."""
    polling = assignment["progress_polling"]
    module, waiting = tx.need(MODULE, assignment["module"]), poll_schedule.unanswered(polling)
    since = str(waiting[0]["sent_at"])
    others = idle_agents(tx)
    subject = subjects.silent_subject(module, assignment["task_uuid"])
    body = silent_body(module, assignment["agent"], since, len(waiting), others)
    post(tx, LEAD_MAILBOX, subject, body, priority="urgent", task_uuid=assignment["task_uuid"])
    poll_schedule.escalated(polling, tx.at)
    return {
        "agent": assignment["agent"],
        "module": assignment["module"],
        "unanswered": len(waiting),
        "since": since,
        "idle_agents": others,
    }


def idle_agents(tx: Transaction) -> list[str]:
    """The AI agents that have nothing to do."""
    busy = {a["agent"] for a in tx.where(ASSIGNMENT, status=LIVE)}
    return [agent_id for agent_id in tx.keys(AGENT, type=AI) if agent_id not in busy]


# What shows by itself


def _activity(context: Context) -> Seen:
    """The newest sign of work of each agent that is due."""

    def due(tx: Transaction, actor: Actor) -> dict[str, watchdog.Watched]:
        orchestration(tx)
        late = {a["task_uuid"] for a in _polled(tx) if (a["progress_polling"]["next_poll_due"] or "~") <= tx.at}
        tasks = {workspace["name"]: workspace["task_uuid"] or "" for workspace in tx.all(WORKSPACE)}
        found = {tasks[one.workspace]: one for one in watchdog.watched(tx) if one.workspace}
        return {task: one for task, one in found.items() if task in late}

    watched = context.read("check-agents", due)
    with ThreadPoolExecutor() as pool:
        works = pool.map(lambda one: watchdog.newest(context.project, one), watched.values())
        return {task: work for task, work in zip(watched, works, strict=True) if work is not None}
