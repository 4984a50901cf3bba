"""How an orchestration ends, how one knows, and how the next one begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import script_of
from tests.kit.project import Project, front_matter, the_line
from tests.kit.state import history_of
from tests.support import PYTHON, run

from .conftest import EXECUTING, PLANNING


def test_the_workflow_ends_with_its_last_module(executing: Project) -> None:
    for number, module in enumerate(("docs", "auth-core", "auth-api"), 1):
        executing.does("assign", module, "dev-alice")
        executing.commit(f"{module.removeprefix('auth-')}.txt")
        result = executing.does("complete", module, "--reason", "R")
        assert result["all_complete"] is (number == 3)
        assert executing.workflow()["status"] == ("complete" if number == 3 else "executing")
        front = front_matter(executing.exec_file)
        assert (front["modules_completed"], front["all_modules_complete"]) == (number, number == 3)
    assert front["status"] == "complete"
    assert front["active_assignments"] == []
    assert executing.workflow()["completed_at"]
    assert executing.workflow()["transitions"][-1]["to"] == "complete"


def test_the_last_completion_and_the_status_say_so(executing: Project) -> None:
    executing.does("modify", "remove", "auth-api")
    executing.does("modify", "remove", "auth-core")
    executing.does("assign", "docs", "dev-alice")
    text = executing.run("complete", "docs", "--reason", "R").stdout
    assert "Every module is complete: the orchestration is over." in text
    assert "complete, 1 of 1 modules complete" in executing.run("status").stdout
    assert executing.does("status")["all_modules_complete"] is True


def test_check_is_2_until_it_is_over_then_0(executing: Project) -> None:
    done = executing.run("check")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == "auth-core is pending\nauth-api is pending\ndocs is pending\n"
    executing.does("assign", "docs", "dev-alice")
    remaining = executing.does("check", code=2)["remaining"]
    assert {"id": "docs", "status": "assigned"} in remaining


def test_check_is_0_when_it_is_over(complete: Project) -> None:
    assert complete.does("check") == {"in_phase": True, "complete": True, "remaining": []}
    assert complete.run("check").stdout == "the orchestration is complete\n"


def test_check_is_0_outside_the_phase(planning: Project) -> None:
    assert planning.does("check") == {"in_phase": False, "complete": True, "remaining": []}


def test_check_is_0_where_there_is_nothing_and_leaves_nothing(fresh: Project) -> None:
    assert fresh.does("check")["in_phase"] is False
    assert not (fresh.folder / ".claude").exists()


@pytest.mark.parametrize("verb", ["check", "check-plan"])
def test_a_check_that_cannot_look_is_1(verb: str, executing: Project, tmp_path: Path) -> None:
    assert "not in a git repository" in the_line(run(PYTHON, script_of(verb), cwd=tmp_path))
    path = history_of(executing.folder)
    path.write_bytes(b"{}\n" + path.read_bytes()[3:-1] + b"?\n")
    for table in (executing.folder / ".claude").glob("*.json"):
        table.unlink()
    assert "history" in the_line(executing.run(verb))


@pytest.mark.parametrize(
    "command",
    [
        ["register", "ai", "late"],
        ["assign", "docs", "implementer-1"],
        ["reassign", "docs", "--to", "implementer-1"],
        ["modify", "add", "--name", "Late"],
        ["report", "docs", "progress"],
        ["complete", "docs", "--reason", "R"],
    ],
    ids=lambda command: command[0],
)
def test_nothing_is_added_to_what_is_over(command: list[str], complete: Project) -> None:
    assert "the orchestration is complete: begin the next one" in complete.refuses(*command)


def test_reading_goes_on_after_the_end(complete: Project) -> None:
    subjects = [message["subject"] for message in complete.does("inbox", "implementer-1")["messages"]]
    assert [subject.startswith("[TASK]") for subject in subjects] == [True, False, False]
    assert complete.does("check-agents", "--all")["polled"] == []
    assert complete.does("start")["created"] is False
    complete.does("notify", "implementer-1", "--subject", "Thanks", "--message", "Well done")


def test_the_next_orchestration_begins_empty_and_the_history_keeps_the_last(complete: Project) -> None:
    before = complete.workflow()["plan_id"]
    assert complete.does("plan", "What comes next")["plan_id"] > before
    for section in ("modules", "agents", "assignments", "messages"):
        assert complete.records(section) == {}
    assert list(complete.records("missions")) == list(complete.records("workflows"))
    assert "not in the orchestration phase" in complete.refuses("status")
    assert front_matter(complete.exec_file) == {"phase": "planning"}
    assert before in history_of(complete.folder).read_text("utf-8")
    complete.walk([*PLANNING[1:], *EXECUTING])
    assert complete.does("status")["ready"] == ["auth-core", "docs"]
    complete.does("history")


def test_giving_up_ends_everybodys_work(executing: Project) -> None:
    executing.does("assign", "auth-core", "implementer-1")
    executing.does("report", "auth-core", "started")
    executing.does("assign", "docs", "dev-alice")
    assert "finish it, or give it up with `atlas plan --abandon GOAL`" in executing.refuses("plan", "Something else")
    executing.does("plan", "--abandon", "Something else")
    assert executing.records("assignments") == executing.records("modules") == {}
    assert executing.does("plan-status")["goal"] == "Something else"
    executing.does("history")


def test_giving_up_needs_the_next_goal(executing: Project) -> None:
    assert "GOAL" in executing.refuses("plan", "--abandon")


def test_the_same_goal_again_after_the_end_is_a_new_plan(complete: Project) -> None:
    assert complete.does("plan", "Let people log in")["created"] is True
