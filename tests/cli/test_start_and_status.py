"""`atlas_start_orchestration.py`, `atlas_orchestration_status.py`, and the file that people read."""

from __future__ import annotations

import re

from atlas.core import clock
from tests.kit.project import Project, front_matter
from tests.kit.state import plan_of

# Starting (2.1).


def test_starting_needs_a_complete_plan_phase(planning: Project) -> None:
    assert "plan_phase_complete is false" in planning.refuses("start")
    assert front_matter(planning.exec_file) == {"phase": "planning"}


def test_starting_where_nothing_was_planned(fresh: Project) -> None:
    assert "no orchestration in this project yet" in fresh.refuses("start")


def test_starting_creates_the_exec_file_copies_the_modules_and_has_an_empty_registry(planning: Project) -> None:
    planning.does("approve", "--no-checks")
    result = planning.does("start")
    assert (result["created"], result["modules"], result["ready"]) == (True, 3, ["auth-core", "docs"])
    front = front_matter(planning.exec_file)
    assert front["status"] == "executing"
    assert front["registered_agents"] == {"ai_agents": [], "human_developers": []}
    assert front["active_assignments"] == []
    assert [m["id"] for m in front["modules_status"]] == ["auth-core", "auth-api", "docs"]
    copied = front["modules_status"][0]
    planned = planning.plan()["modules"][0]
    assert {field: copied[field] for field in planned} == planned
    assert (copied["github_issue"], copied["status"]) == ("#42", "pending")
    assert "| #42 |" in planning.exec_file.read_text("utf-8")


def test_starting_again_changes_nothing(executing: Project) -> None:
    before = executing.exec_file.read_bytes()
    assert executing.does("start")["created"] is False
    assert executing.exec_file.read_bytes() == before


def test_a_plan_that_a_person_marked_complete_may_be_started(planning: Project) -> None:
    planning.edit_plan("plan_phase_complete: false", "plan_phase_complete: true")
    planning.does("start")
    assert [each["to"] for each in planning.workflow()["transitions"]] == ["drafting", "approved", "executing"]


def test_a_plan_that_a_person_marked_complete_must_still_be_sound(planning: Project) -> None:
    planning.does("requirement", "modify", "docs", "--depends-on", "nothing")
    planning.edit_plan("plan_phase_complete: false", "plan_phase_complete: true")
    assert "docs depends on 'nothing'" in planning.refuses("start")


def test_the_session_that_starts_leads(planning: Project) -> None:
    planning.does("approve", "--no-checks")
    assert planning.does("start", session="session-a")["lead"] == "session-a"
    assert "Led by session session-a" in planning.run("start").stdout


def test_started_from_a_terminal_nobody_leads_and_the_status_says_how(executing: Project) -> None:
    status = executing.run("status")
    assert "Lead: none; type /atlas-lead in the session that shall lead" in status.stdout
    assert executing.does("status")["lead"] is None


def test_leading_is_taken_over_and_says_from_whom(executing: Project) -> None:
    assert executing.does("lead", session="session-a")["before"] is None
    assert executing.does("lead", session="session-a")["taken"] is False
    taken = executing.run("lead", session="session-b")
    assert taken.stdout == "This session leads now. Before: session-a.\n"
    for arguments in ([], ["--show"]):
        assert executing.does("lead", *arguments)["lead"] == "session-b"
    assert executing.does("lead", "--show", session="session-c")["lead"] == "session-b"


# Status (2.2).


def test_the_status_is_1_outside_the_phase(planning: Project) -> None:
    assert "not in the orchestration phase" in planning.refuses("status")


def test_the_status_is_1_where_there_is_nothing(fresh: Project) -> None:
    assert "no orchestration" in fresh.refuses("status")


def test_the_status_shows_count_modules_assignments_verification_and_polls(executing: Project) -> None:
    executing.does("assign", "auth-core", "implementer-1")
    executing.does("assign", "docs", "dev-alice")
    text = executing.run("status").stdout
    task = executing.assignment("auth-core")
    lines = [re.sub(" +", " ", line).strip() for line in text.splitlines()]
    assert lines[0].endswith(": executing, 0 of 3 modules complete")
    assert "auth-core assigned high implementer-1 Auth core" in lines
    assert "auth-api pending medium - Auth API" in lines
    assert f"auth-core implementer-1 assigned instructions awaiting_repetition {task['task_uuid']}" in lines
    assert f"implementer-1 auth-core due {task['progress_polling']['next_poll_due']}" in lines
    assert any(line.startswith("docs dev-alice assigned instructions verified task-") for line in lines)


def test_the_status_as_json(executing: Project) -> None:
    executing.does("assign", "auth-core", "implementer-1")
    result = executing.does("status")
    assert (result["modules_completed"], result["modules_total"], result["all_modules_complete"]) == (0, 3, False)
    assert (result["phase"], result["status"]) == ("orchestration", "executing")
    assert result["modules"][0]["status"] == "assigned"
    assignment = result["active_assignments"][0]
    assert assignment["instruction_verification"]["status"] == "awaiting_repetition"
    poll = result["polls"][0]
    assert (poll["agent"], poll["module"], poll["overdue_seconds"]) == ("implementer-1", "auth-core", 0)
    assert clock.seconds_between(assignment["assigned_at"], poll["due"]) == 15 * 60


def test_ready_modules_come_in_priority_order_with_the_critical_path(executing: Project) -> None:
    executing.does("modify", "add", "--name", "Urgent", "--priority", "critical")
    executing.does("modify", "add", "--name", "After docs", "--depends-on", "docs", "--depends-on", "auth-api")
    result = executing.does("status")
    assert result["ready"] == ["urgent", "auth-core", "docs"]
    assert result["critical_path"] == ["auth-core", "auth-api", "after-docs"]
    text = executing.run("status").stdout
    assert "Ready to assign, most urgent first\n  urgent\n  auth-core\n  docs\n" in text
    assert "Critical path: auth-core → auth-api → after-docs" in text


def test_an_agent_that_never_read_its_mail_is_not_seen_yet(executing: Project) -> None:
    assert executing.does("status")["not_seen_yet"] == ["implementer-1", "implementer-2"]
    executing.does("inbox", "implementer-1", session="session-a")
    assert "Not seen yet: implementer-2\n" in executing.run("status").stdout


# The exec file.


def test_the_exec_file_has_the_documented_fields(executing: Project) -> None:
    executing.does("assign", "auth-core", "implementer-1")
    front = front_matter(executing.exec_file)
    assert list(front) == [
        *("phase", "plan_id", "status", "started_at", "plan_file"),
        *("modules_completed", "modules_total", "all_modules_complete"),
        *("modules_status", "registered_agents", "active_assignments"),
    ]
    assert (front["phase"], front["modules_completed"], front["modules_total"]) == ("orchestration", 0, 3)
    assert front["plan_file"] == plan_of(executing.folder).relative_to(executing.folder).as_posix()
    assert front["all_modules_complete"] is False
    assert set(front["modules_status"][0]) >= {
        *("id", "name", "description", "priority", "acceptance_criteria", "dependencies", "status"),
        *("assigned_to", "github_issue", "pr", "verification_loops"),
    }
    assert [set(agent) for agent in front["registered_agents"]["ai_agents"]] == [
        {"agent_id", "session_name", "registered_at"}
    ] * 2
    (person,) = front["registered_agents"]["human_developers"]
    assert person["github_username"] == "dev-alice"
    (assignment,) = front["active_assignments"]
    assert assignment["task_uuid"] == front["modules_status"][0]["task_uuid"]
    assert (assignment["agent"], assignment["agent_type"], assignment["module"]) == ("implementer-1", "ai", "auth-core")
    assert (assignment["github_issue"], assignment["status"]) == ("#42", "assigned")
    assert {
        *("status", "repetition_received", "repetition_correct"),
        *("questions_asked", "questions_answered", "authorized_at"),
    } <= set(assignment["instruction_verification"])
    assert {"last_poll", "poll_count", "next_poll_due", "poll_history"} <= set(assignment["progress_polling"])
    assert assignment["instruction_updates"] == []


def test_the_exec_file_has_one_record_a_line_and_a_table(executing: Project) -> None:
    executing.does("modify", "add", "--name", "Pipe | and \\ slash\nnext", "--description", "line\nline")
    text = executing.exec_file.read_text("utf-8")
    assert len(re.findall(r'(?m)^ +- \{"id": ".*\}$', text)) == 4
    assert len(re.findall(r'(?m)^ +- \{"agent_id": ".*\}$', text)) == 3
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 4
    assert r"| Pipe \| and \\ slash next |" in rows[-1]


def test_the_exec_file_is_never_read_back(executing: Project) -> None:
    executing.exec_file.write_text("nonsense", "utf-8")
    executing.does("assign", "docs", "dev-alice")
    assert front_matter(executing.exec_file)["modules_status"][2]["assigned_to"] == "dev-alice"
