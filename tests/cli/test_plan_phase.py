"""From a goal to an approved plan: every form and exit code of the four scripts of the plan phase."""

from __future__ import annotations

import re

import pytest

from tests.kit.project import Project
from tests.kit.state import plan_of


def test_a_goal_begins_a_plan_with_the_documented_fields(fresh: Project) -> None:
    result = fresh.does("plan", "  Let people log in\n")
    assert re.fullmatch(r"plan-\d{8}-\d{6}", result["plan_id"])
    assert (result["goal"], result["created"]) == ("Let people log in", True)
    assert result["plan_file"] == str(plan_of(fresh.folder))
    plan = fresh.plan()
    assert list(plan) == [
        *("phase", "plan_id", "status", "created_at", "goal", "goal_locked", "requirements_complete"),
        *("requirements_sections", "modules", "plan_phase_complete", "exit_criteria", "modifications"),
    ]
    assert (plan["phase"], plan["status"], plan["plan_phase_complete"]) == ("planning", "drafting", False)
    assert plan["plan_id"] == result["plan_id"]
    mission = fresh.records("missions")[result["plan_id"]]
    assert mission["goal"] == "Let people log in"


def test_the_same_goal_again_changes_nothing(planning: Project) -> None:
    before = plan_of(planning.folder).read_bytes()
    again = planning.does("plan", "Let people log in")
    assert (again["created"], again["plan_id"]) == (False, planning.workflow()["plan_id"])
    assert plan_of(planning.folder).read_bytes() == before


def test_another_goal_is_refused_until_the_first_is_given_up(planning: Project) -> None:
    first = planning.workflow()["plan_id"]
    line = planning.refuses("plan", "Something else")
    assert first in line
    assert "--abandon" in line
    second = planning.does("plan", "--abandon", "Something else")
    assert second["plan_id"] > first
    assert planning.plan()["modules"] == []
    assert planning.does("plan-status")["goal"] == "Something else"


def test_plan_status_shows_the_plan_and_what_it_lacks(planning: Project) -> None:
    planning.does("requirement", "add", "--name", "Search")
    text = planning.run("plan-status").stdout
    for part in ("Let people log in", "auth-core", "[high]", "after auth-core", "search has no acceptance criteria"):
        assert part in text
    assert planning.does("plan-status")["problems"] == ["search has no acceptance criteria"]
    planning.does("requirement", "remove", "search")
    assert "Next: atlas approve" in planning.run("plan-status").stdout
    planning.does("approve", "--no-checks")
    assert "Next: atlas start" in planning.run("plan-status").stdout


def test_plan_status_is_1_outside_the_plan_phase(fresh: Project) -> None:
    assert "no orchestration" in fresh.refuses("plan-status")


def test_plan_status_is_1_while_executing(executing: Project) -> None:
    assert "not in the plan phase" in executing.refuses("plan-status")


@pytest.mark.parametrize("path", ["../x", "/etc", ".", "", "a\nb", ".git/config", ".claude/settings.json", "x" * 401])
def test_a_scope_is_within_the_project(path: str, planning: Project) -> None:
    assert "--scope: " in planning.refuses("requirement", "modify", "docs", "--scope", path)
    assert "--scope: " in planning.refuses("requirement", "add", "--name", "New", "--scope", path)


def test_a_scope_that_a_hand_wrote_is_looked_at_before_approval(planning: Project) -> None:
    planning.does("requirement", "modify", "docs", "--scope", "docs/**", "--scope", "secrets")
    planning.edit_plan("- secrets\n", "- ../secrets\n")
    assert "docs: scope: '../secrets' is not within the project" in planning.refuses("approve")
    planning.does("requirement", "modify", "docs", "--remove-scope", "2")
    planning.does("approve", "--no-checks")
    planning.does("start")
    assert planning.module("docs")["scope"] == ["docs/**"]


def test_a_requirement_with_everything(planning: Project) -> None:
    options = ["--description", "Find it", "--priority", "critical", "--criteria", "fast", "--criteria", "exact"]
    options += ["--depends-on", "auth-core", "--depends-on", "docs", "--check", "true", "--check", "test 1 = 1"]
    options += ["--scope", "./src/search/"]
    module = planning.does("requirement", "add", "--name", "Full-text  Search", *options)["module"]
    expected = {
        "id": "full-text-search",
        "name": "Full-text Search",
        "description": "Find it",
        "priority": "critical",
        "status": "pending",
        "acceptance_criteria": ["fast", "exact"],
        "dependencies": ["auth-core", "docs"],
        "checks": ["true", "test 1 = 1"],
        "scope": ["src/search"],
    }
    assert module == expected
    assert planning.plan()["modules"][-1] == expected
    last = planning.plan()["modifications"][-1]
    assert (last["action"], last["target"], last["description"]) == (
        "add",
        "full-text-search",
        "added Full-text Search",
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", last["timestamp"])


def test_the_default_priority_is_medium(planning: Project) -> None:
    assert planning.does("requirement", "add", "--name", "N", "--criteria", "C")["module"]["priority"] == "medium"


def test_a_name_that_is_taken(planning: Project) -> None:
    assert "'auth-core' already" in planning.refuses("requirement", "add", "--name", "auth CORE")


def test_every_change_of_a_requirement(planning: Project) -> None:
    does = planning.does
    assert does("requirement", "modify", "docs", "--add-criteria", "short")["changes"] == ["new criterion: short"]
    assert does("requirement", "modify", "docs", "--add-criteria", "short")["changes"] == []
    does("requirement", "modify", "docs", "--remove-criteria", "1", "--check", "true", "--depends-on", "auth-api")
    does("requirement", "modify", "docs", "--name", "Manual", "--description", "A book", "--priority", "high")
    module = planning.plan()["modules"][-1]
    assert module["id"] == "docs"
    assert (module["name"], module["description"], module["priority"]) == ("Manual", "A book", "high")
    assert (module["acceptance_criteria"], module["checks"], module["dependencies"]) == (
        ["short"],
        ["true"],
        ["auth-api"],
    )
    does("requirement", "modify", "docs", "--remove-check", "1", "--remove-depends-on", "auth-api")
    module = planning.plan()["modules"][-1]
    assert (module["checks"], module["dependencies"]) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nothing", "--add-criteria", "C"], "'nothing' is not in the plan: there are auth-core, auth-api, docs"),
        (["docs", "--remove-criteria", "2"], "there is no criterion 2: there are 1"),
        (["docs", "--remove-criteria", "0"], "there is no criterion 0"),
        (["docs", "--remove-check", "1"], "there is no check 1: there are 0"),
        (["docs", "--remove-depends-on", "auth-core"], "docs does not depend on 'auth-core'"),
    ],
)
def test_changes_that_are_refused(arguments: list[str], why: str, planning: Project) -> None:
    assert why in planning.refuses("requirement", "modify", *arguments)


def test_removing_a_requirement_only_while_it_is_pending(planning: Project) -> None:
    assert "auth-api depends on it" in planning.refuses("requirement", "remove", "auth-core")
    assert "not in the plan" in planning.refuses("requirement", "remove", "nothing")
    planning.edit_plan("  priority: low\n  status: pending\n", "  priority: low\n  status: complete\n")
    assert "'complete' is none of planned, pending" in planning.refuses("requirement", "remove", "docs")
    planning.edit_plan("  status: complete\n", "  status: planned\n")
    planning.does("requirement", "remove", "docs")
    assert [module["id"] for module in planning.plan()["modules"]] == ["auth-core", "auth-api"]


def test_requirements_are_1_outside_the_plan_phase(fresh: Project) -> None:
    fresh.refuses("requirement", "add", "--name", "N")
    fresh.refuses("approve")


def test_requirements_are_1_while_executing(executing: Project) -> None:
    for arguments in (["add", "--name", "N"], ["modify", "docs", "--add-criteria", "C"], ["remove", "docs"]):
        assert "not in the plan phase" in executing.refuses("requirement", *arguments)
    assert "not in the plan phase" in executing.refuses("approve")


def test_approving_closes_the_plan_phase(planning: Project) -> None:
    result = planning.does("approve", "--no-checks")
    assert (result["modules"], result["dry_run"]) == (3, False)
    plan = planning.plan()
    assert (plan["status"], plan["plan_phase_complete"], plan["goal_locked"]) == ("approved", True, True)
    assert plan["requirements_complete"] is True
    assert planning.workflow()["status"] == "approved"
    assert planning.does("approve", "--no-checks") == result


def test_a_dry_run_changes_nothing(planning: Project) -> None:
    before = plan_of(planning.folder).read_bytes()
    assert planning.does("approve", "--dry-run")["dry_run"] is True
    assert plan_of(planning.folder).read_bytes() == before
    assert planning.workflow()["status"] == "drafting"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["add", "--name", "Bare"], "bare has no acceptance criteria"),
        (["modify", "docs", "--depends-on", "nothing"], "docs depends on 'nothing', which is not in the plan"),
        (["modify", "docs", "--depends-on", "docs"], "in a circle: docs → docs"),
        (["modify", "auth-core", "--depends-on", "auth-api"], "in a circle: auth-core → auth-api → auth-core"),
    ],
)
def test_what_forbids_approval_is_named(arguments: list[str], why: str, planning: Project) -> None:
    planning.does("requirement", *arguments)
    assert why in planning.refuses("approve")
    assert why in planning.refuses("approve", "--dry-run")
    assert "plan_phase_complete is false" in planning.refuses("start")


def test_every_reason_is_named_at_once(planning: Project) -> None:
    planning.does("requirement", "add", "--name", "Bare", "--depends-on", "nothing")
    planning.edit_plan("requirements_sections: []", "requirements_sections:\n- {name: API, status: in_progress}")
    line = planning.refuses("approve")
    for why in ("bare has no acceptance criteria", "'nothing'", "section 'API' is in_progress"):
        assert why in line


def test_a_plan_without_modules_cannot_be_approved(fresh: Project) -> None:
    fresh.does("plan", "Goal")
    assert "the plan has no modules" in fresh.refuses("approve")


def test_a_change_takes_the_approval_back(planning: Project) -> None:
    planning.does("approve", "--no-checks")
    planning.does("requirement", "modify", "docs", "--add-criteria", "short")
    assert planning.plan()["plan_phase_complete"] is False
    assert planning.does("check-plan", code=2)["reasons"] == ["the plan is not approved: atlas approve"]
    assert "run `atlas approve` first" in planning.refuses("start")
    planning.does("approve", "--no-checks")
    assert planning.does("start")["modules"] == 3


def test_a_plan_changed_by_hand_after_its_approval_must_be_approved_again(planning: Project) -> None:
    planning.does("approve", "--no-checks")
    planning.edit_plan("name: Docs", "name: The manual")
    assert "changed after its approval" in planning.refuses("start")
    planning.does("approve", "--no-checks")
    planning.does("start")
    assert planning.module("docs")["name"] == "The manual"


def test_check_plan_is_0_without_a_plan_and_2_until_it_is_approved(planning: Project) -> None:
    assert planning.does("check-plan", code=2)["complete"] is False
    done = planning.run("check-plan")
    assert (done.returncode, done.stdout, done.stderr) == (2, "the plan is not approved: atlas approve\n", "")
    planning.does("approve", "--no-checks")
    assert planning.does("check-plan")["in_phase"] is True
    planning.does("start")
    assert planning.does("check-plan")["in_phase"] is False


def test_check_plan_is_0_where_nothing_was_planned(fresh: Project) -> None:
    assert fresh.does("check-plan") == {"in_phase": False, "complete": True, "reasons": []}
    assert not (fresh.folder / ".claude").exists()


def test_check_plan_is_1_when_the_plan_is_damaged(planning: Project) -> None:
    planning.edit_plan("phase: planning", "phase: [planning")
    assert "line " in planning.refuses("check-plan")
