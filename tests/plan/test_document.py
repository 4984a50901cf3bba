"""The plan is written by hand and by scripts alike: neither loses what the other wrote."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import log
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.services.assignments import agents
from atlas.services.plan import approval, beginning, module_edits, plan
from atlas.services.plan.document import PlanDocument
from tests.kit.orchestrations import all_files, aside, assert_whole, context, plan_modules, project_of, refusal, start

Call = Callable[[], Any]
NO_EDIT: Any = {}


def plan_file(repo: Path) -> Path:
    return Path(project_of(repo).plan)


def test_an_edit_between_reading_and_committing_survives(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script has read the plan when an editor saves it: the script takes the edit in and adds its own."""
    plan_modules(repo, ["m0"])
    edits = iter([b"first line\n", b"second line\n"])
    put_plan = Transaction.put_plan

    def save_meanwhile(tx: Transaction, data: bytes) -> None:
        put_plan(tx, data)
        if line := next(edits, b""):
            path = plan_file(repo)
            path.write_bytes(path.read_bytes() + line)

    monkeypatch.setattr(Transaction, "put_plan", save_meanwhile)
    module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    text = plan_file(repo).read_bytes()
    assert text.endswith(b"first line\nsecond line\n")
    assert [module["id"] for module in PlanDocument(text).modules] == ["m0", "new"]
    assert_whole(repo)


def test_a_plan_that_never_stands_still_is_refused(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_modules(repo, ["m0"])
    path = plan_file(repo)
    write_temp = disk.write_temp

    def save_meanwhile(name: str, data: bytes, synced: bool = False) -> str:
        path.write_bytes(path.read_bytes() + b"!\n")
        return write_temp(name, data, synced)

    monkeypatch.setattr(disk, "write_temp", save_meanwhile)
    before = all_files(repo)
    with pytest.raises(AtlasError, match="keeps changing while it is edited here"):
        module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    monkeypatch.undo()
    after = all_files(repo)
    assert {name for name in after if after[name] != before[name]} == {str(path)}
    module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    assert path.read_bytes().endswith(b"!\n")


def test_an_edit_of_the_last_moment_is_kept_and_named(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Saved after the change was committed, before the file was replaced: too late to be taken in, not to be kept."""
    plan_modules(repo, ["m0"])
    path = plan_file(repo)
    late = path.read_bytes() + b"at the last moment\n"
    append = log.append_line

    def save_meanwhile(name: str, line: bytes, size: int) -> None:
        append(name, line, size)
        path.write_bytes(late)

    monkeypatch.setattr(log, "append_line", save_meanwhile)
    module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    assert aside(repo) == [late]
    (note,) = capsys.readouterr().err.splitlines()
    assert "was edited while this ran" in note
    assert note.endswith(str(next(Path(project_of(repo).aside).iterdir())))


def test_comments_and_layout_of_a_hand_are_kept(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script writes the front matter anew; the text that a hand gave it can be had again."""
    plan_modules(repo, ["m0"])
    path = plan_file(repo)
    by_hand = path.read_bytes().replace(b"modules:", b"# by the way\nmodules:")
    path.write_bytes(by_hand)
    module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    module_edits.add_module(context(repo), "newer", "high", NO_EDIT)
    assert aside(repo) == [by_hand]
    assert capsys.readouterr().err == ""


def test_what_does_not_concern_the_plan_leaves_an_edit_alone(repo: Path) -> None:
    """Also where a table has to be rebuilt from the history, and where a change was cut short."""
    start(repo, ["m0"])
    path = plan_file(repo)
    path.write_bytes(path.read_bytes() + b"notes\n")
    agents.register_agent(context(repo), "ai", "one")
    (Path(project_of(repo).claude) / "PHASE_PROGRESS.json").unlink()
    agents.register_agent(context(repo), "ai", "two")
    gate = Path(project_of(repo).checkpoint)
    behind = gate.read_bytes()
    agents.register_agent(context(repo), "ai", "three")
    gate.write_bytes(behind)
    agents.register_agent(context(repo), "ai", "four")
    assert path.read_bytes().endswith(b"notes\n")


BODIES = [
    b"",
    b"no newline at the end",
    b"\r\nWindows\r\n\r\n",
    b"\n---\nmore\n---\n",
    "naïve – 計画 🚀\n".encode(),
    b"\xff\xfe not \x80 UTF-8 \x00\n",
    b"\xef\xbb\xbfwith a mark\n",
    b"   \n\t\n",
]


@pytest.mark.parametrize("body", BODIES)
def test_the_body_is_kept_byte_for_byte(repo: Path, body: bytes) -> None:
    plan_modules(repo, ["m0"])
    path = plan_file(repo)
    front, fence, _ = path.read_bytes().rpartition(b"\n---\n")
    path.write_bytes(front + fence + body)
    module_edits.add_module(context(repo), "new", "high", {"add_criteria": ["it works"]})
    assert path.read_bytes().endswith(fence + body)
    assert len(PlanDocument(path.read_bytes()).modules) == 2
    path.unlink()
    approval.approve_plan(context(repo), dry_run=True)
    assert path.read_bytes().endswith(fence + body), "restored from the history"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("fence", [b"---", b"--- ", b"---\t"])
def test_ways_to_write_the_fences(repo: Path, newline: bytes, mark: bytes, fence: bytes) -> None:
    plan_modules(repo, ["m0"])
    path = plan_file(repo)
    lines = path.read_bytes().split(b"\n")
    lines = [fence if line == b"---" else line for line in lines]
    path.write_bytes(mark + newline.join(lines))
    module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    assert [module["id"] for module in PlanDocument(path.read_bytes()).modules] == ["m0", "new"]


@pytest.mark.parametrize(
    "goal", ["x: --- y", "--- ---", "---", "a\n---\nb", "- ---", "# ---", "'---'", '"', "{{", "\\", "null", "1e5", "no"]
)
def test_fences_and_signs_in_values(repo: Path, goal: str) -> None:
    beginning.start_plan(context(repo), goal)
    module_edits.add_module(context(repo), "new", "high", {"add_criteria": [goal], "description": goal})
    status = plan.plan_status(context(repo))
    assert (status["goal"], status["modules"][0]["description"]) == (goal, goal)
    assert status["modules"][0]["acceptance_criteria"] == [goal]


def by_line(text: bytes, number: int, new: bytes) -> bytes:
    lines = text.split(b"\n")
    return b"\n".join([*lines[: number - 1], new, *lines[number:]])


def line_of(text: bytes, start: bytes) -> int:
    return next(number for number, line in enumerate(text.split(b"\n"), 1) if line.startswith(start))


# The damage as (text → text); what the complaint has to say; the line, by how it began; the column.
FRONT_MATTER: list[tuple[Callable[[bytes], bytes], str, bytes, int]] = [
    (lambda t: b"", "must be '---'", b"---", 1),
    (lambda t: b"\n" + t, "must be '---'", b"---", 1),
    (lambda t: t.replace(b"---\n", b"", 1), "must be '---'", b"---", 1),
    (lambda t: t.replace(b"goal: ", b"goal: [", 1), "", b"goal_locked", 0),
    (lambda t: t.replace(b"goal: ", b"goal: 'open ", 1), "", b"", 0),
    (lambda t: t.replace(b"goal: ", b"goal: %", 1), "found character", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: @", 1), "found character", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: \xff", 1), "not UTF-8", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", "goal: é計 ".encode() + b"\xff", 1), "not UTF-8", b"goal:", 10),
    (lambda t: t.replace(b"goal: ", "goal: é計 \x01".encode(), 1), "U+0001 is not allowed", b"goal:", 10),
    (lambda t: t.replace(b"goal: ", "goal: é\ufeff".encode(), 1), "U+FEFF is not allowed", b"goal:", 8),
    (lambda t: t.replace(b"goal: ", b"goal: Other\ngoal: ", 1), "'goal' is given twice", b"goal_locked", 1),
    (lambda t: t.replace(b"goal: ", b"goal: *other #", 1), "alias", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: &a x\ngoal_locked: *a #", 1), "alias", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: !!python/object:os.system x #", 1), "constructor", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: 0b_ #", 1), "invalid literal", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: 7 #", 1), "goal: 7 is not of type string", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"goal: ''#", 1), "", b"goal:", 0),
    (lambda t: t.replace(b"goal: ", b"goal: '' #", 1), "goal: empty", b"goal:", 7),
    (lambda t: t.replace(b"goal: ", b"? [a]\n: b\ngoal: ", 1), "cannot be a key", b"goal:", 3),
    (lambda t: t.replace(b"goal: ", b"gaol: ", 1), "gaol", b"phase", 1),
    (lambda t: t.replace(b"priority: medium", b"priority: soon", 1), "none of critical, high", b"  priority", 13),
    (lambda t: t.replace(b"  checks: []", b"  checks: [1]", 1), "1 is not of type string", b"  checks", 12),
    (lambda t: t.replace(b"- id: m1", b"- id: m0", 1), "is used twice", b"- id: m1", 7),
    (lambda t: t.replace(b"- id: m1", b"- id: M 1", 1), "has a form that is not allowed", b"- id: m1", 7),
    (lambda t: t.replace(b"  checks: []", b"\tchecks: []", 1), "found character", b"  checks", 1),
    (lambda t: t.replace(b"modules:", b"modules: 3\nx:", 1), "", b"modules:", 0),
    (lambda t: t.replace(b"phase: planning", b"- phase", 1), "", b"", 0),
    (lambda t: t.replace(b"phase: planning\n", b"...\n", 1), "", b"", 0),
    (lambda t: b"---\n- a list\n---\n", "is not of type object", b"", 1),
    (lambda t: b"---\n---\n", "is not of type object", b"", 1),
    (lambda t: b"---\njust words\n---\n", "is not of type object", b"", 1),
    (lambda t: b"---\n" + b"[" * 3000 + b"\n---\n", "", b"", 0),
]


@pytest.mark.parametrize("number", range(len(FRONT_MATTER)))
def test_damaged_front_matter_is_named_by_line_and_column_and_left_alone(repo: Path, number: int) -> None:
    damage, reason, line_start, column = FRONT_MATTER[number]
    plan_modules(repo, ["m0", "m1"])
    path = plan_file(repo)
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    before = all_files(repo)
    calls: list[Call] = [
        lambda: plan.plan_status(context(repo)),
        lambda: module_edits.add_module(context(repo), "new", "high", NO_EDIT),
    ]
    for call in calls:
        complaint = refusal(call) or ""
        assert re.match(r"orchestrator-plan-phase.local.md, line \d+, column \d+: .", complaint)
        assert len(complaint) < 400
        assert reason in complaint
        if column:
            line = line_of(sound, line_start) if line_start else 2
            assert f", line {line}, column {column}: " in complaint
    assert all_files(repo) == before


def test_a_missing_closing_fence(repo: Path) -> None:
    plan_modules(repo, ["m0"])
    path = plan_file(repo)
    text = path.read_bytes().replace(b"\n---\n", b"\n----\n")
    path.write_bytes(text)
    with pytest.raises(AtlasError, match=f"line {len(text.splitlines())}, column 1: the closing fence"):
        plan.plan_status(context(repo))
    assert path.read_bytes() == text


@pytest.mark.parametrize(
    "edit",
    [
        {"add_dependencies": ["Not A Slug"]},
        {"add_criteria": ["x" * 2001]},
        {"add_checks": ["x" * 2001]},
        {"description": "x" * 20_001},
        {"name": "x" * 201},
        {"priority": "soon"},
    ],
)
def test_a_script_never_writes_what_it_could_not_read(repo: Path, edit: Any) -> None:
    plan_modules(repo, ["m0"])
    before = all_files(repo)
    calls: list[Call] = [
        lambda: module_edits.modify_module(context(repo), "m0", edit),
        lambda: module_edits.add_module(context(repo), "new", "high", edit),
    ]
    for call in calls:
        assert re.match(r"the plan would be invalid, modules\.[01]\.", refusal(call) or "")
    assert all_files(repo) == before


def test_the_plan_is_synced_before_it_is_shown(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power loss ATLAS could not tell an empty plan from one that somebody emptied."""
    plan_modules(repo, ["m0"])
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    def noted_replace(source: str, to: str) -> None:
        done.append(to)
        replace(source, to)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    module_edits.add_module(context(repo), "new", "high", NO_EDIT)
    project = project_of(repo)
    temp = os.path.join(project.claude, f".{os.path.basename(project.plan)}.atlas-tmp")
    assert done.index(temp) < done.index(project.history) < done.index(project.plan)
    assert done[-1] == project.checkpoint
