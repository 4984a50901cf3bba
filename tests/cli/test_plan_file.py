"""The plan as a file that people edit: kept byte for byte where scripts have no business, refused when damaged."""

from __future__ import annotations

import pytest

from tests.kit.project import Project, the_line
from tests.kit.state import plan_of

BODY = b"\n# Notes\n\n---\nnot a fence\n---\ttrailing \xff\xfe bytes\r\n\x00 no newline at the end"


def test_the_body_is_kept_byte_for_byte(planning: Project) -> None:
    path = plan_of(planning.folder)
    front = path.read_bytes().split(b"\n---\n")[0]
    path.write_bytes(front + b"\n---\n" + BODY)
    planning.does("requirement", "add", "--name", "More", "--criteria", "C")
    planning.does("approve", "--no-checks")
    assert path.read_bytes().endswith(b"\n---\n" + BODY)


@pytest.mark.parametrize("value", ["--- y", "a --- b", "---", "--- ", "x\n---\ny", "\n---\n"])
def test_dashes_inside_a_value_change_nothing(value: str, planning: Project) -> None:
    planning.does("requirement", "modify", "docs", f"--description={value}", f"--add-criteria=c{value}")
    planning.does("requirement", "modify", "docs", "--add-criteria", "another")
    module = planning.plan()["modules"][-1]
    assert module["description"] == value
    assert module["acceptance_criteria"][1:] == [f"c{value}", "another"]


def test_an_edit_by_hand_is_read_and_kept(planning: Project) -> None:
    planning.edit_plan("exit_criteria: []", "exit_criteria:\n- 'Everything: --- works'")
    planning.edit_plan("modules:\n", "modules:\n- id: by-hand\n  name: By hand\n  acceptance_criteria: [it works]\n")
    planning.does("requirement", "modify", "docs", "--add-criteria", "short")
    assert planning.plan()["exit_criteria"] == ["Everything: --- works"]
    planning.does("approve", "--no-checks")
    planning.does("start")
    module = planning.module("by-hand")
    assert (module["priority"], module["status"], module["checks"]) == ("medium", "pending", [])


DAMAGE = {
    "no first fence": ("---\nphase", "phase", "line 1, column 1"),
    "no closing fence": ("\n---\n", "\n", "the closing fence"),
    "bad YAML": ("goal: ", "goal: [", "column"),
    "a tab": ("goal_locked: false", "\tgoal_locked: false", "column"),
    "a key given twice": (
        "goal_locked: false",
        "goal_locked: false\ngoal_locked: true",
        "'goal_locked' is given twice",
    ),
    "a wrong type": ("goal_locked: false", "goal_locked: perhaps", "line 7, column 14"),
    "an unknown field": ("goal_locked: false", "goal_locked: false\nsurprise: 1", "surprise"),
    "a wrong priority": ("priority: low", "priority: urgent", "'urgent' is none of critical, high, medium, low"),
    "an id twice": ("- id: docs", "- id: auth-core", "'auth-core' is used twice"),
    "an id that is no slug": ("- id: docs", "- id: ../docs", "has a form that is not allowed"),
    "an alias": ("exit_criteria: []", "exit_criteria: [&x a, *x]", "aliases (*name) are not supported"),
}


@pytest.mark.parametrize(("old", "new", "why"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_plan_is_refused_with_line_and_column_and_left_as_it_is(
    old: str, new: str, why: str, planning: Project
) -> None:
    planning.edit_plan(old, new)
    for verb, *arguments in (["plan-status"], ["requirement", "add", "--name", "N"], ["approve"], ["start"]):
        line = planning.refuses(verb, *arguments)
        assert why in line
        assert "orchestrator-plan-phase.local.md, line " in line
        assert ", column " in line


def test_bytes_that_are_no_text(planning: Project) -> None:
    path = plan_of(planning.folder)
    path.write_bytes(path.read_bytes().replace(b"Let people", b"Let \xff people"))
    assert "line 6, column 11: not UTF-8 text" in planning.refuses("plan-status")


def test_a_missing_plan_is_named_and_restored_by_the_next_change(planning: Project) -> None:
    plan_of(planning.folder).unlink()
    assert "the plan file is missing" in planning.refuses("plan-status")
    done = planning.run("approve")
    assert done.returncode == 0
    assert "was missing and has been rebuilt from the history" in the_line(done)
    assert planning.plan()["plan_phase_complete"] is True
