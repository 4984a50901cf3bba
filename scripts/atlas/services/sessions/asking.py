"""Who is asked how it stands, and what is done about one of them: asked, told to the lead, left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.following.poll_schedule import ASK, ESCALATE, UNSENT, WAIT, Times
from atlas.core.letters import subjects
from atlas.core.letters.polls import poll_body, silent_body
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE, MODULE
from atlas.core.records.message import LEAD_MAILBOX, PROGRESS_POLL, Message
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.rules import understanding, updates
from atlas.core.text import name_known, one_line
from atlas.core.verbs import ATLAS
from atlas.services.messages.mailbox import post_message
from atlas.services.project.settings import current_settings

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.results.polling import Asked, Checked, Escalated

    from . import work_signs


def polled_assignments(tx: Transaction) -> list[Assignment]:
    """The live assignments of AI agents."""
    return tx.where(ASSIGNMENT, agent_type=AI, status=LIVE)


def assignments_of(tx: Transaction, agent_id: str, module_id: str | None) -> Sequence[Assignment]:
    """The live assignments of an AI agent. Raises AtlasError when it has none."""
    agent = tx.need(AGENT, agent_id)
    if agent["type"] != AI:
        raise AtlasError(f"{agent_id} is a person, not an AI agent: ask them outside ATLAS")
    own = [a for a in polled_assignments(tx) if a["agent"] == agent_id]
    found = [a for a in own if module_id in (None, a["module"])]
    if not own:
        raise AtlasError(f"{agent_id} has no module now")
    if not found:
        known = name_known(module_id or "", [a["module"] for a in own], "it has")
        raise AtlasError(f"{agent_id} has no module {(module_id or '')[:80]!r} now: {known}")
    return found


def check_assignment(
    tx: Transaction, assignment: Assignment, times: Times, seen: work_signs.Work | None, anyway: bool, found: Checked
) -> None:
    """Do what is due, or ask `anyway`, and add what came of it to what was `found`."""
    polling = assignment["progress_polling"]
    count_sent(tx, assignment, times)
    poll_schedule.mend_times(assignment, tx.at, times)
    is_active = seen is not None and poll_schedule.is_new_activity(tx, assignment, clock.time_of_epoch(seen.at), tx.at)
    if seen is not None and is_active:
        poll_schedule.note_heard(tx, assignment, clock.time_of_epoch(seen.at), "activity", times, one_line(seen.what))
    what = poll_schedule.polling_step(tx, assignment, tx.at)
    if what == ASK and not anyway and _waits_for_lead(assignment):
        poll_schedule.postpone_poll(assignment, tx.at, times)
        what = WAIT
    agent, module = assignment["agent"], assignment["module"]
    unsent = poll_schedule.unsent_poll(tx, assignment)
    if what == UNSENT and unsent is not None:
        found["unsent"].append({"agent": agent, "module": module, "message": unsent["message"]})
    elif anyway or what == ASK:
        found["polled"].append(_ask_agent(tx, assignment, times))
    elif what == ESCALATE:
        found["escalated"].append(_escalate_silence(tx, assignment))
    elif seen is not None and is_active:
        found["active"].append({"agent": agent, "module": module, "due": polling["next_poll_due"], "what": seen.what})
    else:
        found["not_due"].append({"agent": agent, "module": module, "due": polling["next_poll_due"]})
    tx.put(ASSIGNMENT, assignment)


def _waits_for_lead(assignment: Assignment) -> bool:
    """Whether the agent has said what it has to, and can only wait."""
    waits = understanding.waits_for(assignment["instruction_verification"])
    return waits not in (understanding.REPEAT, understanding.NOTHING) or updates.waits_for_lead(assignment)


def count_sent(tx: Transaction, assignment: Assignment, times: Times) -> None:
    """Count the last poll if its message has gone out by now."""
    waiting = poll_schedule.unsent_poll(tx, assignment)
    message = tx.get(MESSAGE, waiting["message"]) if waiting else None
    if message is not None and message["sent_at"]:
        poll_schedule.note_sent(tx, assignment, message["sent_at"], times)
        tx.put(ASSIGNMENT, assignment)


def _ask_agent(tx: Transaction, assignment: Assignment, times: Times) -> Asked:
    polling, task_uuid = assignment["progress_polling"], assignment["task_uuid"]
    module, waiting = tx.need(MODULE, assignment["module"]), poll_schedule.unanswered_polls(tx, assignment)
    since, urgency = waiting[0]["sent_at"] if waiting else None, poll_schedule.poll_priority(tx, assignment, tx.at)
    message: Message = post_message(
        tx,
        assignment["agent"],
        subjects.poll_subject(module, polling["poll_count"] + 1),
        poll_body(module, since, understanding.may_edit(assignment, current_settings(tx)["gates"])),
        kind=PROGRESS_POLL,
        priority=urgency,
        task_uuid=task_uuid,
    )
    asked = poll_schedule.note_asked(tx, assignment, message["id"], tx.at)
    tx.emit("PollSent", module=module["id"], agent=assignment["agent"], number=asked["number"])
    count_sent(tx, assignment, times)
    return {
        "agent": assignment["agent"],
        "module": assignment["module"],
        "number": asked["number"],
        "priority": urgency,
        "message": message["id"],
        "status": message["status"],
    }


def _escalate_silence(tx: Transaction, assignment: Assignment) -> Escalated:
    """Tell the lead, and through the status the person, that an agent does not answer."""
    polling = assignment["progress_polling"]
    module, waiting = tx.need(MODULE, assignment["module"]), poll_schedule.unanswered_polls(tx, assignment)
    since = str(waiting[0]["sent_at"])
    others = idle_agents(tx)
    subject = subjects.silent_subject(module, assignment["task_uuid"])
    body = silent_body(module, assignment["agent"], since, len(waiting), others)
    task_uuid = assignment["task_uuid"]
    post_message(tx, LEAD_MAILBOX, subject, body, priority="urgent", task_uuid=task_uuid, sender=ATLAS)
    poll_schedule.note_escalation(polling, tx.at)
    tx.emit("AgentEscalated", module=module["id"], agent=assignment["agent"])
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
