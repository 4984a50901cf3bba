"""When an agent is asked: pure decisions about one assignment, by a clock of the test's own."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from atlas.core import clock
from atlas.core.following import poll_schedule
from atlas.core.following.poll_schedule import ASK, ESCALATE, UNSENT, WAIT, Times

TIMES = Times(interval=15 * 60, blocked=5 * 60, answer=10 * 60)
START = "2026-03-29T00:30:00Z"


def minute(number: float) -> str:
    return clock.add_seconds(START, int(number * 60))


def given(status: str = "in_progress", kind: str = "ai") -> Any:
    """An assignment of the test's first minute, as far as polling looks at it."""
    polling = poll_schedule.begin_polling(START, TIMES, kind == "human")
    return {"agent_type": kind, "assigned_at": START, "status": status, "progress_polling": polling}


def ask(assignment: Any, at: str, went: bool = True) -> Any:
    poll = poll_schedule.note_asked(assignment["progress_polling"], "msg-000000000000", at)
    if went:
        poll_schedule.note_sent(assignment, at, TIMES)
    return poll


def due_in(assignment: Any, since: float) -> float | None:
    due = assignment["progress_polling"]["next_poll_due"]
    return None if due is None else clock.seconds_between(minute(since), due) / 60


def test_an_agent_is_due_a_quarter_of_an_hour_after_it_got_its_module() -> None:
    assignment = given()
    assert poll_schedule.polling_step(assignment, minute(14.9)) == WAIT
    assert poll_schedule.polling_step(assignment, minute(15)) == ASK


def test_reminders_rise_and_end_in_an_escalation() -> None:
    assignment, now, seen = given(), 15.0, []
    while poll_schedule.polling_step(assignment, minute(now)) == ASK:
        seen.append((now, ask(assignment, minute(now))["priority"]))
        now += due_in(assignment, now) or 0
    assert seen == [(15, "normal"), (25, "high"), (30, "urgent")]
    assert (now, poll_schedule.polling_step(assignment, minute(now))) == (35, ESCALATE)
    poll_schedule.note_escalation(assignment["progress_polling"], minute(now))
    assert poll_schedule.polling_step(assignment, minute(10_000)) == WAIT
    poll_schedule.note_heard(assignment, minute(100), "report", TIMES)
    assert assignment["progress_polling"]["escalated_at"] is None
    assert [poll["answered_by"] for poll in assignment["progress_polling"]["poll_history"]] == ["report"] * 3
    assert poll_schedule.polling_step(assignment, minute(115)) == ASK
    assert ask(assignment, minute(115))["priority"] == "normal"


def test_who_is_blocked_is_due_sooner() -> None:
    assignment = given("blocked")
    poll_schedule.note_heard(assignment, minute(3), "report", TIMES)
    assert due_in(assignment, 3) == 5
    ask(assignment, minute(8))
    assert due_in(assignment, 8) == 5


def test_who_reported_done_is_not_due_until_it_has_work_again() -> None:
    assignment = given("reported")
    poll_schedule.note_heard(assignment, minute(3), "report", TIMES)
    assert poll_schedule.polling_step(assignment, minute(10_000)) == WAIT
    assignment["status"] = "in_progress"
    poll_schedule.resume_polling(assignment, minute(20), TIMES)
    assert due_in(assignment, 20) == 15


def test_people_are_never_due() -> None:
    assignment = given(kind="human")
    poll_schedule.note_heard(assignment, minute(3), "report", TIMES)
    poll_schedule.resume_polling(assignment, minute(3), TIMES)
    assert assignment["progress_polling"] == poll_schedule.begin_polling(START, TIMES, True)


def test_a_poll_counts_when_it_went_out_and_no_second_one_is_made_before() -> None:
    assignment = given()
    polling = assignment["progress_polling"]
    ask(assignment, minute(15), went=False)
    assert (polling["poll_count"], polling["last_poll"], poll_schedule.unanswered_polls(polling)) == (0, None, [])
    assert poll_schedule.polling_step(assignment, minute(60)) == UNSENT
    poll_schedule.note_heard(assignment, minute(61), "report", TIMES)
    assert polling["poll_history"][0]["answered_at"] is None
    poll_schedule.note_sent(assignment, minute(62), TIMES)
    assert (polling["poll_count"], polling["last_poll"], due_in(assignment, 62)) == (1, minute(62), 10)


def test_asking_again_at_once_is_no_reminder() -> None:
    assignment = given()
    assert [ask(assignment, minute(1 + n))["priority"] for n in range(5)] == ["normal"] * 5
    assert ask(assignment, minute(15))["priority"] == "high"


def test_only_the_latest_polls_are_kept_and_their_numbers_go_on() -> None:
    assignment = given()
    for number in range(60):
        ask(assignment, minute(number))
    numbers = [poll["number"] for poll in assignment["progress_polling"]["poll_history"]]
    assert numbers == list(range(41, 61))


@pytest.mark.parametrize(("at", "news"), [(4, False), (9, False), (11, True), (20, True), (21, False)])
def test_activity_is_news_after_the_last_poll_and_until_now(at: float, news: bool) -> None:
    assignment = given()
    poll_schedule.note_heard(assignment, minute(5), "activity", TIMES)
    ask(assignment, minute(10))
    assert poll_schedule.is_new_activity(assignment, minute(at), minute(20)) == news


def test_a_clock_that_is_set_back_delays_a_poll_by_one_interval_at_most() -> None:
    assignment = given()
    poll_schedule.note_heard(assignment, minute(600), "activity", TIMES)
    poll_schedule.mend_times(assignment, minute(0), TIMES)
    assert due_in(assignment, 0) == 15
    poll_schedule.mend_times(assignment, minute(5), TIMES)
    assert due_in(assignment, 5) == 10
    assert poll_schedule.is_new_activity(assignment, minute(4), minute(5)), "what was noted before counts no more"
    assert not poll_schedule.is_new_activity(assignment, minute(599), minute(5)), "nor what is still to come"
    assert poll_schedule.polling_step(assignment, minute(15)) == ASK


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
