"""`atlas_check_remote_agents.py` (2.7) and `atlas_poll_agent.py`: who is asked, and what is an answer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from atlas.core import clock
from tests.kit.project import Project
from tests.support import git, wait_for


def polling(project: Project, module: str = "auth-core") -> Any:
    return project.assignment(module)["progress_polling"]


def polls(project: Project, agent: str = "implementer-1") -> list[Any]:
    return [message for message in project.mail(agent) if message["type"] == "progress_poll"]


@pytest.fixture
def at_work(executing: Project) -> Project:
    """`implementer-1` has `auth-core`, without a workspace, and is due one minute after it was last heard of."""
    executing.does("settings", "poll.minutes", "1")
    executing.does("assign", "auth-core", "implementer-1", "--no-workspace")
    return executing


def make_due(project: Project, module: str = "auth-core") -> None:
    """Change the record, by a transaction of its own, so that what it waits for was due a second ago."""
    from atlas.app import context_at
    from atlas.core.records.kinds import ASSIGNMENT, MODULE

    def run(tx: Any) -> None:
        assignment = tx.need(ASSIGNMENT, tx.need(MODULE, module)["task_uuid"])
        assignment["progress_polling"]["next_poll_due"] = clock.add_seconds(tx.at, -1)
        tx.put(ASSIGNMENT, assignment)

    person = {"role": "person", "agent": None, "session": None}
    context_at(str(project.folder)).store.transact("test", lambda tx: person, run)


def test_with_all_every_active_ai_assignment_is_polled_and_the_polls_are_tracked(executing: Project) -> None:
    executing.does("assign", "auth-core", "implementer-1")
    executing.does("assign", "docs", "implementer-2")
    executing.does("report", "docs", "blocked", "--text", "no text")
    polled = executing.does("check-agents", "--all")["polled"]
    assert [(p["agent"], p["module"], p["number"]) for p in polled] == [
        ("implementer-1", "auth-core", 1),
        ("implementer-2", "docs", 1),
    ]
    assert "progress check #2" in executing.run("check-agents", "--all").stdout
    tracked = polling(executing)
    assert (tracked["poll_count"], [p["number"] for p in tracked["poll_history"]]) == (2, [1, 2])
    assert clock.seconds_between(tracked["last_poll"], tracked["next_poll_due"]) == 10 * 60
    asked = polls(executing)
    assert [poll["subject"] for poll in asked] == [f"[POLL] Module: Auth core - Progress Check #{n}" for n in (1, 2)]
    assert [poll["id"] for poll in asked] == [p["message"] for p in tracked["poll_history"]]
    assert asked[0]["body"].count("\n- ") == 6


def test_only_who_is_due_is_asked_and_who_is_not_is_named(at_work: Project) -> None:
    at_work.does("assign", "docs", "implementer-2", "--no-workspace")
    make_due(at_work)
    result = at_work.does("check-agents")
    assert [(p["module"], p["number"], p["priority"]) for p in result["polled"]] == [("auth-core", 1, "normal")]
    assert [(p["module"], p["due"]) for p in result["not_due"]] == [("docs", polling(at_work, "docs")["next_poll_due"])]
    assert f"implementer-2 on docs: not due before {polling(at_work, 'docs')['next_poll_due']}" in (
        at_work.run("check-agents").stdout
    )
    assert len(polls(at_work)) == 1


def test_nobody_to_poll_is_0(executing: Project) -> None:
    assert executing.does("check-agents")["polled"] == []
    executing.does("assign", "docs", "dev-alice")
    assert executing.does("check-agents", "--all")["polled"] == []
    assert executing.run("check-agents").stdout == "No AI agent has a module: nobody to ask.\n"
    assert executing.records("messages") == {}


def test_what_is_complete_or_taken_away_is_not_polled(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "read it")
    executing.does("assign", "auth-core", "implementer-1")
    executing.does("reassign", "auth-core", "--to", "implementer-2")
    assert [poll["agent"] for poll in executing.does("check-agents", "--all")["polled"]] == ["implementer-2"]


def test_polling_is_1_outside_the_orchestration_phase(planning: Project) -> None:
    assert "not in the orchestration phase" in planning.refuses("check-agents")
    assert "not in the orchestration phase" in planning.refuses("poll", "implementer-1")


# Without an answer.


def test_three_polls_without_an_answer_reach_the_person(at_work: Project) -> None:
    for priority in ("normal", "high", "urgent"):
        make_due(at_work)
        assert [p["priority"] for p in at_work.does("check-agents")["polled"]] == [priority]
    first, second, third = polls(at_work)
    assert [message["priority"] for message in (first, second, third)] == ["normal", "high", "urgent"]
    assert f"No poll was answered since {first['sent_at']}" in third["body"]
    make_due(at_work)
    (escalated,) = at_work.does("check-agents")["escalated"]
    assert (escalated["unanswered"], escalated["idle_agents"]) == (3, ["implementer-2"])
    (told,) = at_work.mail("lead")
    assert told["subject"].startswith("[ESCALATION] Module: Auth core - UUID: task-")
    assert (told["priority"], told["sender"]) == ("urgent", "atlas")
    assert "`atlas reassign auth-core --to AGENT --force`. Without work: implementer-2." in told["body"]
    assert "does not answer 3 polls" in at_work.run("status").stdout
    before = at_work.records("messages")
    assert at_work.does("check-agents")["escalated"] == []
    assert at_work.records("messages") == before, "and nobody is asked or told again"


def test_an_answer_ends_the_reminders(at_work: Project) -> None:
    make_due(at_work)
    at_work.does("check-agents")
    at_work.does("report", "auth-core", "progress", "--text", "Half of it.")
    (poll,) = polling(at_work)["poll_history"]
    assert (poll["answered_at"], poll["answered_by"]) == (polling(at_work)["heard"]["at"], "report")
    make_due(at_work)
    assert [p["priority"] for p in at_work.does("check-agents")["polled"]] == ["normal"]
    at_work.does("report", "auth-core", "progress", "--text", "Half of it.")
    assert polling(at_work)["poll_history"][1]["answered_by"] == "report", "the same words answer, too"


def test_work_that_is_reported_is_not_asked_about_until_it_fails(at_work: Project) -> None:
    at_work.hand_in("auth-core")
    assert polling(at_work)["next_poll_due"] is None
    assert at_work.does("check-agents")["not_due"] == [{"agent": "implementer-1", "module": "auth-core", "due": None}]
    assert at_work.run("complete", "auth-core").returncode == 2
    assert clock.seconds_between(clock.current_time(), polling(at_work)["next_poll_due"]) in range(50, 61)


# Activity.


def working(project: Project) -> Path:
    """`implementer-2` works on `docs` in a workspace of its own, and is due; returns that."""
    project.does("assign", "docs", "implementer-2")
    make_due(project, "docs")
    given = project.assignment("docs")["assigned_at"]
    wait_for(lambda: clock.current_time() > given)  # activity counts from the next second on
    return project.folder / ".claude" / "worktrees" / "docs"


def commit(place: Path, project: Project) -> None:
    (place / "docs.txt").write_text("text")
    git(place, "add", "docs.txt")
    git(place, "commit", "--quiet", "--message=Docs")


def change(place: Path, project: Project) -> None:
    (place / "README.md").write_text("changed")


def beat(place: Path, project: Project) -> None:
    hearts = project.folder / ".git" / "atlas" / "gates" / "heartbeats"
    hearts.mkdir(parents=True, exist_ok=True)
    (hearts / "workspace-docs").write_text("")


@pytest.mark.parametrize(("act", "what"), [(commit, "commit"), (change, "README.md"), (beat, "heartbeat")])
def test_what_shows_by_itself_answers_without_a_message(act: Any, what: str, executing: Project) -> None:
    act(working(executing), executing)
    result = executing.does("check-agents")
    (active,) = result["active"]
    assert (active["module"], active["what"].split()[0]) == ("docs", what)
    heard = polling(executing, "docs")["heard"]
    assert (heard["how"], heard["what"].split()[0], polls(executing, "implementer-2")) == ("activity", what, [])
    assert clock.seconds_between(heard["at"], active["due"]) == 15 * 60
    assert executing.does("check-agents")["not_due"][0]["due"] == active["due"]


def test_activity_answers_an_open_poll(executing: Project) -> None:
    place = working(executing)
    assert len(executing.does("check-agents")["polled"]) == 1
    make_due(executing, "docs")
    sent = polling(executing, "docs")["last_poll"]
    beat(place, executing)
    later = clock.epoch_seconds(sent) + 1
    os.utime(executing.folder / ".git/atlas/gates/heartbeats/workspace-docs", (later, later))
    executing.does("check-agents")
    (poll,) = polling(executing, "docs")["poll_history"]
    assert (poll["answered_by"], poll["answered_at"]) == ("activity", clock.add_seconds(sent, 1))


@pytest.mark.parametrize("shift", [-3600, 3600])
def test_old_heartbeats_and_those_still_to_come_answer_nothing(shift: int, executing: Project) -> None:
    beat(working(executing), executing)
    moment = time.time() + shift
    os.utime(executing.folder / ".git/atlas/gates/heartbeats/workspace-docs", (moment, moment))
    assert len(executing.does("check-agents")["polled"]) == 1


# One agent.


def test_one_agent_is_asked_now_and_its_answer_is_recorded(at_work: Project) -> None:
    (asked,) = at_work.does("poll", "implementer-1")["polled"]
    assert (asked["module"], asked["number"], asked["status"]) == ("auth-core", 1, "sent")
    answer = "Half of it.\n/atlas-complete auth-core"
    at_work.does("poll", "implementer-1", "--record-response", answer)
    recorded = at_work.records("assignments")
    at_work.does("poll", "implementer-1", "--record-response", answer)
    assert at_work.records("assignments") == recorded
    assert "has another answer" in at_work.refuses("poll", "implementer-1", "--record-response", "No.")
    (poll,) = at_work.does("poll", "implementer-1", "--history")["polls"]
    assert (poll["module"], poll["answered_by"], poll["answer"]) == ("auth-core", "response", answer)
    assert at_work.run("poll", "implementer-1", "--history").stdout.endswith(
        "by response\n| Half of it.\n| /atlas-complete auth-core\n"
    )


def test_which_of_several_modules(executing: Project) -> None:
    for module in ("auth-core", "docs"):
        executing.does("assign", module, "implementer-1", "--no-workspace")
    assert len(executing.does("poll", "implementer-1")["polled"]) == 2
    assert "say with --module" in executing.refuses("poll", "implementer-1", "--record-response", "Good.")
    executing.does("poll", "implementer-1", "--module", "docs", "--record-response", "Good.")
    assert len(executing.does("poll", "implementer-1", "--module", "docs", "--history")["polls"]) == 1
    assert polling(executing)["poll_history"][0]["answered_at"] is None


def test_who_cannot_be_polled(executing: Project) -> None:
    assert "agent 'nobody' not found" in executing.refuses("poll", "nobody")
    assert "dev-alice is a person" in executing.refuses("poll", "dev-alice")
    assert "implementer-1 has no module now" in executing.refuses("poll", "implementer-1")
    executing.does("assign", "docs", "implementer-1", "--no-workspace")
    assert "no module 'auth-core'" in executing.refuses("poll", "implementer-1", "--module", "auth-core")
    assert "no poll about docs has gone out" in executing.refuses("poll", "implementer-1", "--record-response", "x")
    assert "the response has 0 characters" in executing.refuses("poll", "implementer-1", "--record-response", " ")
    assert executing.run("poll", "implementer-1", "--history").stdout == "implementer-1 was never polled\n"
    assert "a worker may use" in executing.refuses("poll", "implementer-1", session=bound(executing))


def bound(project: Project) -> str:
    project.does("inbox", "implementer-1", session="worker-1")
    return "worker-1"
