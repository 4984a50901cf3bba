"""`atlas_modify_module.py` (2.5)."""

from __future__ import annotations

import pytest

from tests.kit.project import Project


def test_adding_a_module(executing: Project) -> None:
    result = executing.does("modify", "add", "--name", "Module Name", "--priority", "high")
    assert result["module"]["id"] == "module-name"
    module = executing.module("module-name")
    assert (module["name"], module["priority"], module["status"]) == ("Module Name", "high", "pending")
    assert "module-name" in executing.does("status")["ready"]


def test_adding_with_the_plans_own_options(executing: Project) -> None:
    options = ["--description", "D", "--criteria", "C", "--depends-on", "docs", "--check", "true"]
    module = executing.does("modify", "add", "--name", "N", *options)["module"]
    assert (module["description"], module["acceptance_criteria"]) == ("D", ["C"])
    assert (module["dependencies"], module["checks"], module["priority"]) == (["docs"], ["true"], "medium")


def test_adding_what_is_there_or_builds_on_nothing(executing: Project) -> None:
    assert "there is a module 'docs' already" in executing.refuses("modify", "add", "--name", "DOCS")
    assert "'nothing', which is no module" in executing.refuses(
        "modify", "add", "--name", "N", "--depends-on", "nothing"
    )
    assert "circle: n → n" in executing.refuses("modify", "add", "--name", "N", "--depends-on", "n")


def test_modifying_a_module(executing: Project) -> None:
    result = executing.does("modify", "modify", "docs", "--add-criteria", "New criteria")
    assert result["changes"] == ["new criterion: New criteria"]
    assert executing.module("docs")["acceptance_criteria"] == ["A newcomer understands", "New criteria"]
    options = ["--name", "Manual", "--description", "D", "--priority", "high", "--check", "true"]
    executing.does("modify", "modify", "docs", *options, "--depends-on", "auth-api", "--remove-criteria", "1")
    module = executing.module("docs")
    assert (module["id"], module["name"], module["priority"]) == ("docs", "Manual", "high")
    assert (module["acceptance_criteria"], module["checks"]) == (["New criteria"], ["true"])
    executing.does("modify", "modify", "docs", "--remove-check", "1", "--remove-depends-on", "auth-api")
    assert (executing.module("docs")["checks"], executing.module("docs")["dependencies"]) == ([], [])


def test_what_is_so_already_changes_nothing_and_tells_nobody(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    assert executing.does("modify", "modify", "docs", "--add-criteria", "A newcomer understands")["changes"] == []
    assert executing.does("modify", "prioritize", "docs", "--priority", "low")["changes"] == []
    assert len(executing.mail("implementer-1")) == 1


def test_whoever_works_on_it_is_told(executing: Project) -> None:
    task = executing.does("assign", "docs", "implementer-1")["assignment"]["task_uuid"]
    executing.does("modify", "modify", "docs", "--add-criteria", "Short")
    update = executing.mail("implementer-1")[-1]
    assert update["subject"] == f"[UPDATE] Module: Docs - UUID: {task}"
    assert "new criterion: Short" in update["body"]


def test_a_person_who_works_on_it_is_not_messaged(executing: Project) -> None:
    executing.does("assign", "docs", "dev-alice")
    executing.does("modify", "modify", "docs", "--add-criteria", "Short")
    assert executing.records("messages") == {}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["modify", "nothing", "--add-criteria", "C"], "'nothing' not found"),
        (["modify", "docs", "--depends-on", "nothing"], "'nothing', which is no module"),
        (["modify", "docs", "--depends-on", "docs"], "circle: docs → docs"),
        (["modify", "auth-core", "--depends-on", "auth-api"], "circle: auth-core → auth-api → auth-core"),
        (["modify", "docs", "--remove-criteria", "9"], "there is no criterion 9: there are 1"),
        (["modify", "docs", "--remove-criteria", "first"], "invalid int value: 'first'"),
        (["remove", "nothing"], "'nothing' not found"),
        (["remove", "auth-core"], "auth-api depends on it"),
        (["prioritize", "nothing", "--priority", "high"], "'nothing' not found"),
        (["prioritize", "docs"], "--priority"),
    ],
)
def test_invalid_changes_are_1(arguments: list[str], why: str, executing: Project) -> None:
    assert why in executing.refuses("modify", *arguments)


def test_removing_a_pending_module(executing: Project) -> None:
    executing.does("modify", "remove", "docs")
    assert "docs" not in executing.records("modules")
    assert executing.does("status")["modules_total"] == 2


def test_only_a_pending_module_is_removed(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    assert "docs is assigned: only a pending module" in executing.refuses("modify", "remove", "docs")
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "read it")
    assert "docs is complete: only a pending module" in executing.refuses("modify", "remove", "docs")


def test_the_last_module_stays(executing: Project) -> None:
    for module in ("docs", "auth-api"):
        executing.does("modify", "remove", module)
    assert "the only module" in executing.refuses("modify", "remove", "auth-core")


def test_removing_the_last_unfinished_module_completes_the_workflow(executing: Project) -> None:
    executing.does("modify", "remove", "auth-api")
    executing.does("modify", "remove", "auth-core")
    executing.does("modify", "add", "--name", "Extra")
    executing.does("assign", "docs", "dev-alice")
    executing.does("complete", "docs", "--reason", "read it")
    assert executing.does("check", code=2)["remaining"] == [{"id": "extra", "status": "pending"}]
    assert executing.does("modify", "remove", "extra")["all_complete"] is True
    assert executing.workflow()["status"] == "complete"


@pytest.mark.parametrize("priority", ["critical", "high", "medium", "low"])
def test_prioritizing(priority: str, executing: Project) -> None:
    executing.does("modify", "prioritize", "auth-api", "--priority", priority)
    assert executing.module("auth-api")["priority"] == priority


def test_a_complete_module_is_not_changed(executing: Project) -> None:
    executing.does("assign", "docs", "dev-alice")
    executing.does("complete", "docs", "--reason", "read it")
    for arguments in (["modify", "docs", "--add-criteria", "C"], ["prioritize", "docs", "--priority", "high"]):
        assert "docs is complete: add a new module" in executing.refuses("modify", *arguments)


def test_modules_are_not_changed_this_way_while_planning(planning: Project) -> None:
    for arguments in (["add", "--name", "N"], ["modify", "docs", "--add-criteria", "C"], ["remove", "docs"]):
        assert "not in the orchestration phase" in planning.refuses("modify", *arguments)
