"""`atlas_assign_module.py` (2.4) and `atlas_reassign_module.py` (2.6)."""

from __future__ import annotations

import re
import subprocess

from atlas.core import clock
from tests.conftest import script_of
from tests.kit.project import Project
from tests.kit.state import history_of
from tests.support import PYTHON


def test_assigning_makes_a_record_a_message_and_begins_the_verification(executing: Project) -> None:
    result = executing.does("assign", "auth-core", "implementer-1")
    assert (result["module"], result["agent"], result["created"]) == ("auth-core", "implementer-1", True)
    module, assignment = executing.module("auth-core"), executing.assignment("auth-core")
    assert result["assignment"] == {name: value for name, value in assignment.items() if name != "seq"}
    assert re.fullmatch(r"task-[0-9a-f]{12}", assignment["task_uuid"])
    assert (module["status"], module["assigned_to"]) == ("assigned", "implementer-1")
    assert (assignment["agent"], assignment["agent_type"], assignment["status"]) == ("implementer-1", "ai", "assigned")
    assert assignment["github_issue"] == "#42"
    assert assignment["instruction_verification"] == {
        "status": "awaiting_repetition",
        "repetition_received": False,
        "repetition_correct": False,
        "questions_asked": 0,
        "questions_answered": 0,
        "authorized_at": None,
        "attempts": 0,
        "repetition": None,
        "findings": [],
        "correction": None,
        "questions": [],
    }
    polling = assignment["progress_polling"]
    assert (polling["last_poll"], polling["poll_count"], polling["poll_history"]) == (None, 0, [])
    assert clock.seconds_between(assignment["assigned_at"], polling["next_poll_due"]) == 15 * 60


def test_the_message_to_an_ai_agent_holds_the_task(executing: Project) -> None:
    task = executing.does("assign", "auth-core", "implementer-1")["assignment"]["task_uuid"]
    (message,) = executing.mail("implementer-1")
    assert message["subject"] == f"[TASK] Module: Auth core - UUID: {task}"
    assert (message["type"], message["task_uuid"], message["status"]) == ("task_assignment", task, "sent")
    for part in ("Hash and compare.", "Passwords work", "test -f core.txt", task, "3 to 5 points"):
        assert part in message["body"]


def test_a_person_gets_no_message_and_needs_no_verification(executing: Project) -> None:
    assignment = executing.does("assign", "docs", "dev-alice")["assignment"]
    assert (assignment["agent_type"], assignment["instruction_verification"]["status"]) == ("human", "verified")
    assert assignment["progress_polling"]["next_poll_due"] is None
    assert executing.records("messages") == {}


def test_the_same_assignment_again_changes_nothing(executing: Project) -> None:
    first = executing.does("assign", "auth-core", "implementer-1")
    before = history_of(executing.folder).read_bytes()
    again = executing.does("assign", "auth-core", "implementer-1")
    assert (again["created"], again["assignment"]) == (False, first["assignment"])
    assert history_of(executing.folder).read_bytes() == before


def test_unknown_module_or_agent(executing: Project) -> None:
    assert "module 'nothing' not found: known are auth-core, auth-api, docs" in executing.refuses(
        "assign", "nothing", "implementer-1"
    )
    assert "agent 'nobody' not found: known are implementer-1, implementer-2, dev-alice" in executing.refuses(
        "assign", "auth-core", "nobody"
    )


def test_a_module_that_is_not_pending(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    line = executing.refuses("assign", "docs", "implementer-2")
    assert line == "docs is assigned, not pending: implementer-1 has it, see `atlas reassign`"
    assert "docs is assigned" in executing.refuses("assign", "docs", "implementer-2", "--force")
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "read it")
    assert "docs is complete, not pending" in executing.refuses("assign", "docs", "implementer-1")


def test_dependencies_come_first_unless_forced(executing: Project) -> None:
    line = executing.refuses("assign", "auth-api", "dev-alice")
    assert "auth-api depends on auth-core, not complete yet" in line
    executing.does("assign", "auth-core", "dev-alice")
    assert "depends on auth-core" in executing.refuses("assign", "auth-api", "dev-alice")
    executing.commit("core.txt")
    executing.does("complete", "auth-core")
    assert executing.does("assign", "auth-api", "dev-alice")["created"] is True


def test_force_passes_over_dependencies(executing: Project) -> None:
    assert executing.does("assign", "auth-api", "implementer-1", "--force")["created"] is True


def test_an_agent_may_have_two_modules_each_on_its_own(executing: Project) -> None:
    one = executing.does("assign", "auth-core", "implementer-1")["assignment"]["task_uuid"]
    two = executing.does("assign", "docs", "implementer-1")["assignment"]["task_uuid"]
    assert one != two
    executing.does("report", "docs", "started")
    assert (executing.module("auth-core")["status"], executing.module("docs")["status"]) == ("assigned", "in_progress")
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "read it")
    assert executing.assignment("auth-core")["status"] == "assigned"
    polled = executing.does("check-agents", "--all")["polled"]
    assert [(poll["agent"], poll["module"]) for poll in polled] == [("implementer-1", "auth-core")]


def test_one_module_offered_to_two_agents_at_once_has_one_owner(executing: Project) -> None:
    for number in range(5):
        name = f"Race {number}"
        executing.does("modify", "add", "--name", name)
        processes = [
            subprocess.Popen(
                [PYTHON, script_of("assign"), f"race-{number}", agent],
                cwd=executing.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for agent in ("implementer-1", "implementer-2")
        ]
        lines = [process.communicate(timeout=60)[1] for process in processes]
        assert sorted(process.returncode for process in processes) == [0, 1]
        assert sorted(line.count(b"\n") for line in lines) == [0, 1]
    live = executing.does("status")["active_assignments"]
    assert len(live) == len({assignment["module"] for assignment in live}) == 5


def test_nothing_is_assigned_outside_the_orchestration_phase(planning: Project) -> None:
    assert "not in the orchestration phase" in planning.refuses("assign", "docs", "implementer-1")
    assert "not in the orchestration phase" in planning.refuses("reassign", "docs", "--to", "implementer-1")


# Reassigning (2.6).


def test_reassigning_tells_both_and_begins_anew(executing: Project) -> None:
    old = executing.does("assign", "auth-core", "implementer-1")["assignment"]["task_uuid"]
    executing.does("check-agents")
    result = executing.does("reassign", "auth-core", "--to", "implementer-2")
    assert (result["before"], result["agent"]) == ("implementer-1", "implementer-2")
    new = executing.assignment("auth-core")
    assert new["task_uuid"] != old
    assert new["agent"] == executing.module("auth-core")["assigned_to"] == "implementer-2"
    assert new["instruction_verification"]["status"] == "awaiting_repetition"
    assert new["progress_polling"]["poll_count"] == 0
    released = executing.records("assignments")[old]
    assert released["status"] == "released"
    assert released["ended_at"]
    stop = executing.mail("implementer-1")[-1]
    assert stop["subject"] == f"[STOP] Module: Auth core - UUID: {old} - Reassigned"
    assert (stop["priority"], stop["task_uuid"]) == ("high", old)
    (task,) = executing.mail("implementer-2")
    assert task["subject"] == f"[TASK] Module: Auth core - UUID: {new['task_uuid']}"


def test_reassigning_resets_a_verification(executing: Project) -> None:
    executing.does("assign", "docs", "dev-alice")
    assert executing.assignment("docs")["instruction_verification"]["status"] == "verified"
    executing.does("reassign", "docs", "--to", "implementer-1")
    verification = executing.assignment("docs")["instruction_verification"]
    assert (verification["status"], verification["authorized_at"]) == ("awaiting_repetition", None)


def test_reassigning_to_a_person_tells_the_old_agent_only(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    assert "tell them" in executing.run("reassign", "docs", "--to", "dev-alice").stdout
    assert [message["subject"][:6] for message in executing.mail("implementer-1")] == ["[TASK]", "[STOP]"]
    assert executing.mail("dev-alice") == []


def test_work_in_progress_stays_unless_forced(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    for kind in ("started", "blocked", "done"):
        executing.does("report", "docs", kind, "--text", "why")
        status = executing.module("docs")["status"]
        assert f"docs is {status}: work has begun; use --force" in executing.refuses(
            "reassign", "docs", "--to", "implementer-2"
        )
    executing.does("reassign", "docs", "--to", "implementer-2", "--force")
    assert executing.module("docs")["status"] == "assigned"
    assert executing.assignment("docs")["reports"] == []


def test_what_cannot_be_reassigned(executing: Project) -> None:
    assert "nobody has it" in executing.refuses("reassign", "docs", "--to", "implementer-1")
    executing.does("assign", "docs", "implementer-1")
    assert "'nothing' not found" in executing.refuses("reassign", "nothing", "--to", "implementer-2")
    assert "'nobody' not found" in executing.refuses("reassign", "docs", "--to", "nobody")
    assert "docs is implementer-1's already" in executing.refuses("reassign", "docs", "--to", "implementer-1")
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "read it")
    assert "docs is complete" in executing.refuses("reassign", "docs", "--to", "implementer-2", "--force")
