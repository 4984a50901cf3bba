"""When an AI agent is asked how it stands: polls, reminders that rise in priority, and when to stop asking.

An agent is due an interval after it was last heard of. A poll without an answer is followed by a reminder of the next
priority, and the last reminder by an escalation; after that nobody asks until the agent is heard of. All times are UTC.
A clock that was set back delays a poll by one interval at most. What is noted of an assignment changes that record,
which the caller puts; polls are rows of their own, which are put here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from atlas.core import clock
from atlas.core.records.assignment import Assignment, Polling, new_polling
from atlas.core.records.kinds import POLL
from atlas.core.records.protocol import Records
from atlas.core.records.rows import Poll, new_poll
from atlas.core.records.team import AI, Settings
from atlas.core.records.transitions import HANDED_IN

if TYPE_CHECKING:
    from atlas.core.results.polling import PollPriority

PRIORITIES: tuple[PollPriority, ...] = ("normal", "high", "urgent")
"""Of a first poll, its reminder, and the reminder after that."""
WAIT, ASK, ESCALATE, UNSENT = "wait", "ask", "escalate", "unsent"
_GRAIN = 2
"""Seconds by which a time that another clock noted may lie ahead and still count."""


class Times(NamedTuple):
    """Seconds from one sign of life to the next poll, of an agent that is blocked too, and from a poll to its reminder.

    A reminder is answered in half of that.
    """

    interval: int
    blocked: int
    answer: int


def polling_times(settings: Settings) -> Times:
    """The times that the project wants."""
    return Times(
        settings["poll_minutes"] * 60, settings["poll_blocked_minutes"] * 60, settings["poll_answer_minutes"] * 60
    )


def begin_polling(at: str, times: Times, is_person: bool) -> Polling:
    """The polling of a new assignment; people are never polled."""
    return new_polling(next_poll_due=None if is_person else clock.add_seconds(at, times.interval))


def unanswered_polls(records: Records, assignment: Assignment) -> list[Poll]:
    """The polls that went out and were not answered, oldest first."""
    waiting = records.where(POLL, task_uuid=assignment["task_uuid"], answered_at=None)
    return [poll for poll in waiting if poll["sent_at"]]


def unsent_poll(records: Records, assignment: Assignment) -> Poll | None:
    """The poll that has not gone out yet: there is one at most, and while there is, no other is made."""
    return next(iter(records.where(POLL, task_uuid=assignment["task_uuid"], sent_at=None)), None)


def polling_step(records: Records, assignment: Assignment, now: str) -> str:
    """What is to be done about a live assignment of an AI agent now: WAIT, ASK, ESCALATE, or UNSENT."""
    polling = assignment["progress_polling"]
    due = polling["next_poll_due"]
    if unsent_poll(records, assignment):
        return UNSENT
    if due is None or due > now:
        return WAIT
    waiting = unanswered_polls(records, assignment)
    return ESCALATE if waiting and waiting[-1]["priority"] == PRIORITIES[-1] else ASK


def poll_priority(records: Records, assignment: Assignment, now: str) -> PollPriority:
    """The priority of a poll that is sent now: it rises when the time for answering the one before is over."""
    waiting = unanswered_polls(records, assignment)
    if not waiting:
        return PRIORITIES[0]
    last = waiting[-1]["priority"]
    due = assignment["progress_polling"]["next_poll_due"]
    is_over = due is None or due <= now
    return PRIORITIES[min(PRIORITIES.index(last) + is_over, len(PRIORITIES) - 1)]


def note_asked(records: Records, assignment: Assignment, message: str, at: str) -> Poll:
    """Note a poll that is on its way by this message; it counts once it is `sent`."""
    poll = new_poll(
        task_uuid=assignment["task_uuid"],
        seq=records.seq + 1,
        number=assignment["progress_polling"]["poll_count"] + 1,
        at=at,
        message=message,
        priority=poll_priority(records, assignment, at),
    )
    records.put(POLL, poll)
    return poll


def note_sent(records: Records, assignment: Assignment, sent_at: str, times: Times) -> None:
    """Note that the poll on its way has gone out: now it counts, and an answer is waited for."""
    polling = assignment["progress_polling"]
    poll = unsent_poll(records, assignment)
    if poll is None:
        return
    poll["sent_at"] = sent_at
    records.put(POLL, poll)
    polling["last_poll"], polling["poll_count"] = sent_at, poll["number"]
    if polling["escalated_at"] is None:
        patience = times.answer if poll["priority"] == PRIORITIES[0] else times.answer // 2
        polling["next_poll_due"] = clock.add_seconds(sent_at, min(patience, _poll_interval(assignment, times)))


def note_heard(records: Records, assignment: Assignment, at: str, how: str, times: Times, what: str = "") -> None:
    """Note a sign of life: it answers every poll that went out, and the next one is due an interval later.

    `how` is one of model.SIGNS; `what` says more. An agent that waits for the lead, its work reported, is not due.
    """
    polling = assignment["progress_polling"]
    if assignment["agent_type"] != AI:
        return
    for poll in unanswered_polls(records, assignment):
        poll["answered_at"], poll["answered_by"] = at, how
        records.put(POLL, poll)
    polling["heard"] = {"at": at, "how": how, "what": what}
    polling["escalated_at"] = None
    waits = assignment["status"] in HANDED_IN
    polling["next_poll_due"] = None if waits else clock.add_seconds(at, _poll_interval(assignment, times))


def is_new_activity(records: Records, assignment: Assignment, at: str, now: str) -> bool:
    """Whether activity at a time tells more than is known: after the last poll and the last sign of life.

    Times that are still to come by the clock of `now` tell nothing: it was set back.
    """
    polling, latest = assignment["progress_polling"], clock.add_seconds(now, _GRAIN)
    known = [assignment["assigned_at"], *(poll["sent_at"] or "" for poll in unanswered_polls(records, assignment))]
    known += [polling["heard"]["at"]] if polling["heard"] else []
    return at <= latest and all(at > moment for moment in known if moment <= latest)


def mend_times(assignment: Assignment, now: str, times: Times) -> None:
    """Bring a time that lies further ahead than any interval back: a clock was set back, or the settings changed."""
    polling, limit = assignment["progress_polling"], clock.add_seconds(now, _poll_interval(assignment, times))
    if polling["next_poll_due"] is not None and polling["next_poll_due"] > limit:
        polling["next_poll_due"] = limit


def postpone_poll(assignment: Assignment, now: str, times: Times) -> None:
    """Note that nobody is asked now, since the next step is the lead's."""
    assignment["progress_polling"]["next_poll_due"] = clock.add_seconds(now, _poll_interval(assignment, times))


def resume_polling(assignment: Assignment, at: str, times: Times) -> None:
    """Note that the agent has work again, which it had reported as done."""
    if assignment["agent_type"] == AI:
        assignment["progress_polling"]["next_poll_due"] = clock.add_seconds(at, _poll_interval(assignment, times))


def note_escalation(polling: Polling, at: str) -> None:
    """Note that the person was told: nothing more is due until the agent is heard of."""
    polling["escalated_at"], polling["next_poll_due"] = at, None


def _poll_interval(assignment: Assignment, times: Times) -> int:
    return min(times.blocked, times.interval) if assignment["status"] == "blocked" else times.interval
