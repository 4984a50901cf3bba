"""What a change of the task does to an understanding that was confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.core.records.kinds import DISCOVERY, WORKSPACE
from atlas.services.orchestration import modules
from atlas.services.project import settings

from .office import LEAD, TWO, Office, in_a_workspace, nothing_changes, refused

OTHER_TASK: list[Any] = [
    {"add_criteria": ["Fast"]},
    {"remove_criteria": [2]},
    {"description": "By hand"},
    {"add_checks": ["true"]},
    {"add_scope": ["tests"]},
    {"remove_scope": [1]},
]
SAME_TASK: list[Any] = [{"priority": "high"}, {"name": "The API"}, {"add_dependencies": ["docs"]}]


def modify(office: Office, edit: Any) -> Any:
    return modules.modify_module(office.as_(LEAD), "api", edit)


@pytest.mark.parametrize("edit", OTHER_TASK, ids=str)
def test_another_task_is_to_be_repeated(edit: Any, office: Office) -> None:
    office.begin()
    modify(office, edit)
    assert office.verification()["status"] == "awaiting_repetition"
    assert (office.verification()["attempts"], office.verification()["authorized_at"]) == (0, None)
    assert office.verification()["repetition"] is None
    assert "has not repeated api correctly yet" in refused(office.authorize)
    assert "repeat the task first" in refused(office.report)
    told = office.mail("one")[-1]
    assert told["subject"].startswith("[UPDATE] Module: api")
    assert "Stop editing" in told["body"]
    assert "atlas repeat api --criteria c1" in told["body"]


@pytest.mark.parametrize("edit", SAME_TASK, ids=str)
def test_the_same_task_stays_understood(edit: Any, office: Office) -> None:
    office.begin()
    modify(office, edit)
    assert office.verification()["status"] == "verified"
    assert office.mail("one")[-1]["subject"].startswith("[UPDATE]")
    assert "Stop editing" not in office.mail("one")[-1]["body"]


def test_the_same_change_again_changes_nothing(office: Office) -> None:
    office.begin()
    modify(office, {"add_criteria": ["Fast"]})
    office.repeat(criteria=["c1", "c2", "c3"])
    office.confirm()
    office.authorize()
    nothing_changes(office, lambda: modify(office, {"add_criteria": ["Fast"]}))
    assert office.verification()["status"] == "verified"


def test_attempts_begin_anew(office: Office) -> None:
    for number in range(2):
        office.repeat(criteria=["c1"], text=str(number))
    modify(office, {"add_criteria": ["Fast"]})
    assert office.repeat(criteria=["c1"])["attempts_left"] == 2


def test_what_was_reported_done_is_in_work_again(office: Office) -> None:
    office.begin()
    office.report("done")
    result = modify(office, {"add_criteria": ["Fast"]})
    assert result["module"]["status"] == "in_progress"
    assert (office.module()["status"], office.assignment()["status"]) == ("in_progress", "in_progress")
    assert office.module()["acceptance_criteria"][-1] == "Fast"


def test_a_person_is_not_bothered(office: Office) -> None:
    modules.modify_module(office.as_(LEAD), "docs", {"add_criteria": ["Short"]})
    assert office.verification("docs")["status"] == "verified"


def test_the_worker_is_interrupted(office: Office) -> None:
    place = in_a_workspace(office)
    modify(office, {"add_criteria": ["Early"]})
    assert not (place / ".INTERRUPT").exists(), "nothing was begun yet: the mail is enough"
    office.repeat(criteria=["c1", "c2", "c3"])
    office.confirm()
    office.authorize()
    modify(office, {"priority": "high"})
    assert not (place / ".INTERRUPT").exists(), "the task is the same"
    modify(office, {"add_criteria": ["Fast"]})
    waiting = (place / ".INTERRUPT").read_text("utf-8")
    assert "new criterion: Fast" in waiting
    assert "The lead of this orchestration says so" in waiting
    assert '"severity": "critical"' in waiting
    (word,) = office.as_(None).store.read(lambda tx: tx.all(DISCOVERY))
    assert (word["kind"], [one["workspace"] for one in word["recipients"]]) == ("interrupt", [place.name])
    criteria = (place / ".claude/WORKER_CONTEXT.json").read_text("utf-8")
    assert '"id": "c4"' in criteria


def test_whoever_has_repeated_the_old_task_is_interrupted(office: Office) -> None:
    place = in_a_workspace(office)
    office.repeat()
    modify(office, {"add_criteria": ["Fast"]})
    assert (place / ".INTERRUPT").exists()


def test_where_no_understanding_is_asked_for_the_worker_is_interrupted_too(office: Office) -> None:
    place = in_a_workspace(office)
    settings.change_setting(office.as_(None), "gate.understanding", ["off"])
    modify(office, {"add_criteria": ["Fast"]})
    assert (place / ".INTERRUPT").exists()


def test_what_another_workspace_has_is_found(office: Office) -> None:
    """In its scope, announced by its agent, changed by it, committed or not."""
    other = in_a_workspace(office, "board")
    in_a_workspace(office)
    modules.modify_module(office.as_(LEAD), "api", {"remove_scope": [1, 2]})

    def found(file: str) -> list[str]:
        files = office.repeat(files=[file], text=file)["verification"]["findings"]
        modules.modify_module(office.as_(LEAD), "api", {"description": file})
        return [finding.partition(",")[0] for finding in files]

    assert found("src/routes.py") == []
    assert found("src/board/view.py") == ["src/board/view.py is two's"]
    (other / "new.py").touch()
    assert found("new.py") == ["new.py is two's"]
    (other / "README.md").write_text("# Changed\n", "utf-8")
    assert found("README.md") == ["README.md is two's"]
    modules.modify_module(office.as_(LEAD), "board", {"remove_scope": [1, 2]})
    assert found("said.py") == []
    office.repeat("board", TWO, files=["said.py"], criteria=["c1"])
    assert found("said.py") == ["said.py is two's"]
    office.correct("Not that file", "board")
    assert found("said.py") == []
    modules.modify_module(office.as_(LEAD), "api", {"add_scope": ["new.py"]})
    assert found("new.py") == [], "the scope names it"


def test_a_workspace_that_git_cannot_read_stands_in_nobodys_way(office: Office) -> None:
    other = in_a_workspace(office, "board")
    (other / ".git").write_text("gitdir: /nowhere\n", "utf-8")
    assert office.repeat()["waits_for"] == "judge"


def test_files_may_be_named_from_the_workspace(office: Office) -> None:
    place = in_a_workspace(office)
    said = office.repeat(files=[str(place / "src/api/x.py"), "src/./api/x.py", "setup.py"])
    assert said["verification"]["repetition"]["files"] == ["src/api/x.py", "setup.py"]


def test_a_module_that_goes_back_leaves_its_workspace(office: Office) -> None:
    place = in_a_workspace(office)
    for number in range(3):
        office.repeat(criteria=["c1"], text=str(number))
    (left,) = (w for w in office.as_(None).store.read(lambda tx: tx.all(WORKSPACE)) if w["name"] == place.name)
    assert (left["status"], left["removed_at"]) == ("abandoned", None)
    assert place.is_dir()
