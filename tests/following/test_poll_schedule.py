"""When an agent is asked: pure decisions about one assignment, by a clock of the test's own."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from atlas.core import clock
from atlas.core.following import poll_schedule
from atlas.core.following.poll_schedule import ASK, ESCALATE, UNSENT, WAIT, Times
from atlas.core.records.kinds import POLL

from .world import World

TIMES = Times(interval=15 * 60, blocked=5 * 60, answer=10 * 60)
START = "2026-03-29T00:30:00Z"


def minute(number: float) -> str:
    return clock.add_seconds(START, int(number * 60))


class Given:
    """An assignment of the test's first minute, as far as polling looks at it, among its records."""

    def __init__(self, status: str = "in_progress", kind: str = "ai") -> None:
        self.records = World().records
        self.polling: Any = poll_schedule.begin_polling(START, TIMES, kind == "human")
        self.one: Any = {"task_uuid": "task-0", "agent_type": kind, "assigned_at": START, "status": status}
        self.one["progress_polling"] = self.polling

    def ask(self, at: str, went: bool = True) -> Any:
        poll = poll_schedule.note_asked(self.records, self.one, "msg-000000000000", at)
        if went:
            poll_schedule.note_sent(self.records, self.one, at, TIMES)
        return poll

    def hear(self, at: str, how: str = "report") -> None:
        poll_schedule.note_heard(self.records, self.one, at, how, TIMES)

    def step(self, at: str) -> str:
        return poll_schedule.polling_step(self.records, self.one, at)

    def is_news(self, at: str, now: str) -> bool:
        return poll_schedule.is_new_activity(self.records, self.one, at, now)

    def unanswered(self) -> list[Any]:
        return list(poll_schedule.unanswered_polls(self.records, self.one))

    def polls(self) -> list[Any]:
        return self.records.all(POLL)


def due_in(assignment: Given, since: float) -> float | None:
    due = assignment.polling["next_poll_due"]
    return None if due is None else clock.seconds_between(minute(since), due) / 60


def test_an_agent_is_due_a_quarter_of_an_hour_after_it_got_its_module() -> None:
    assignment = Given()
    assert assignment.step(minute(14.9)) == WAIT
    assert assignment.step(minute(15)) == ASK


def test_reminders_rise_and_end_in_an_escalation() -> None:
    assignment, now, seen = Given(), 15.0, []
    while assignment.step(minute(now)) == ASK:
        seen.append((now, assignment.ask(minute(now))["priority"]))
        now += due_in(assignment, now) or 0
    assert seen == [(15, "normal"), (25, "high"), (30, "urgent")]
    assert (now, assignment.step(minute(now))) == (35, ESCALATE)
    poll_schedule.note_escalation(assignment.polling, minute(now))
    assert assignment.step(minute(10_000)) == WAIT
    assignment.hear(minute(100))
    assert assignment.polling["escalated_at"] is None
    assert [poll["answered_by"] for poll in assignment.polls()] == ["report"] * 3
    assert assignment.step(minute(115)) == ASK
    assert assignment.ask(minute(115))["priority"] == "normal"


def test_who_is_blocked_is_due_sooner() -> None:
    assignment = Given("blocked")
    assignment.hear(minute(3))
    assert due_in(assignment, 3) == 5
    assignment.ask(minute(8))
    assert due_in(assignment, 8) == 5


def test_who_reported_done_is_not_due_until_it_has_work_again() -> None:
    assignment = Given("reported")
    assignment.hear(minute(3))
    assert assignment.step(minute(10_000)) == WAIT
    assignment.one["status"] = "in_progress"
    poll_schedule.resume_polling(assignment.one, minute(20), TIMES)
    assert due_in(assignment, 20) == 15


def test_people_are_never_due() -> None:
    assignment = Given(kind="human")
    assignment.hear(minute(3))
    poll_schedule.resume_polling(assignment.one, minute(3), TIMES)
    assert assignment.polling == poll_schedule.begin_polling(START, TIMES, True)


def test_a_poll_counts_when_it_went_out_and_no_second_one_is_made_before() -> None:
    assignment = Given()
    polling = assignment.polling
    assignment.ask(minute(15), went=False)
    assert (polling["poll_count"], polling["last_poll"], assignment.unanswered()) == (0, None, [])
    assert assignment.step(minute(60)) == UNSENT
    assignment.hear(minute(61))
    assert assignment.polls()[0]["answered_at"] is None
    poll_schedule.note_sent(assignment.records, assignment.one, minute(62), TIMES)
    assert (polling["poll_count"], polling["last_poll"], due_in(assignment, 62)) == (1, minute(62), 10)


def test_asking_again_at_once_is_no_reminder() -> None:
    assignment = Given()
    assert [assignment.ask(minute(1 + n))["priority"] for n in range(5)] == ["normal"] * 5
    assert assignment.ask(minute(15))["priority"] == "high"


def test_every_poll_is_kept_and_their_numbers_go_on() -> None:
    assignment = Given()
    for number in range(60):
        assignment.ask(minute(number))
    numbers = [poll["number"] for poll in assignment.polls()]
    assert numbers == list(range(1, 61))


@pytest.mark.parametrize(("at", "news"), [(4, False), (9, False), (11, True), (20, True), (21, False)])
def test_activity_is_news_after_the_last_poll_and_until_now(at: float, news: bool) -> None:
    assignment = Given()
    assignment.hear(minute(5), "activity")
    assignment.ask(minute(10))
    assert assignment.is_news(minute(at), minute(20)) == news


def test_a_clock_that_is_set_back_delays_a_poll_by_one_interval_at_most() -> None:
    assignment = Given()
    assignment.hear(minute(600), "activity")
    poll_schedule.mend_times(assignment.one, minute(0), TIMES)
    assert due_in(assignment, 0) == 15
    poll_schedule.mend_times(assignment.one, minute(5), TIMES)
    assert due_in(assignment, 5) == 10
    assert assignment.is_news(minute(4), minute(5)), "what was noted before counts no more"
    assert not assignment.is_news(minute(599), minute(5)), "nor what is still to come"
    assert assignment.step(minute(15)) == ASK


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_zones_and_summer_time_change_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """START is half an hour before the clocks go forward in Berlin."""
    monkeypatch.setitem(os.environ, "TZ", zone)
    time.tzset()
    try:
        assert (minute(60), clock.epoch_seconds(minute(60)) - clock.epoch_seconds(START)) == (
            "2026-03-29T01:30:00Z",
            3600,
        )
        assert clock.seconds_between(clock.current_time(), clock.time_of_epoch(time.time())) in (0, 1)
        test_reminders_rise_and_end_in_an_escalation()
    finally:
        monkeypatch.undo()
        time.tzset()
