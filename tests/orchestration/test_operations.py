"""Every operation, killed between every two steps and failing at each: nothing is left half done, and nothing is lost.

The table has a row for each verb that changes something outside of the records.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from atlas.adapters.system.process import is_alive
from tests.kit.kept import Kept
from tests.kit.orchestrations import all_files, assert_whole
from tests.kit.places import folder, handed_in, record, work
from tests.kit.project import Project
from tests.kit.steps import Ended, run_in_steps
from tests.support import PACE, git

STRIDE = PACE * 2 - 1
Prepare = Callable[[Project], object]


class Row(NamedTuple):
    """How an operation is prepared, the command that carries it out, what is true when it is done, and what ends it."""

    prepare: Prepare
    command: tuple[str, ...]
    is_done: Callable[[Project], bool]
    tidy: tuple[str, ...] = ()
    has_effect: bool = True


def _by_a_person(project: Project) -> None:
    project.does("assign", "auth", "dev-alice")
    project.commit("auth.txt")


def _beside_another(project: Project) -> None:
    """What `auth` lands must not break `board`, whose check takes a moment and leaves files."""
    project.does("modify", "modify", "board", "--check", "mkdir made && sleep 0.02 && test -f board.txt")
    project.does("assign", "board", "implementer-2")
    work(project, "board")
    project.hand_in("board")
    assert project.does("complete", "board")["complete"]
    handed_in(project)


def _is_proven(project: Project) -> bool:
    module = project.module("auth")
    assert module["status"] == "pending_verification"
    assert record(project, "auth")["status"] == "ready"
    return any(one["passed"] for one in module["evidence"])


def _at_work(project: Project) -> None:
    project.does("assign", "auth", "implementer-1")
    project.does("report", "auth", "started")
    work(project, "auth")
    (folder(project, "auth") / "new.txt").write_text("new\n", "utf-8")


def _has(agent: str, project: Project) -> bool:
    module = project.module("auth")
    return bool(module["assigned_to"] == agent and record(project, _workspace_of(project))["status"] == "ready")


def _workspace_of(project: Project) -> str:
    task = project.module("auth")["task_uuid"]
    return next(name for name, one in project.records("workspaces").items() if one["task_uuid"] == task)


def _is_complete(project: Project) -> bool:
    commit = project.module("auth")["evidence"][-1]["commit"] if project.module("auth")["evidence"] else "HEAD"
    there = commit in git(project.folder, "rev-list", "atlas/integration").split()
    complete = bool(project.module("auth")["status"] == "complete")
    assert there or not complete
    return complete


def _approved(project: Project) -> None:
    project.does("plan", "--abandon", "Another shop")
    project.does("requirement", "add", "--name", "auth", "--criteria", "People log in")
    project.does("approve", "--no-checks")
    git(project.folder, "branch", "-D", "atlas/integration")


def _has_begun(project: Project) -> bool:
    return bool(project.workflow()["status"] == "executing" and project.module("auth"))


def _launched(project: Project) -> bool:
    running = record(project, "auth")["process"]
    return running is not None and is_alive(running["pid"], running["birth"])


def _is_removed(project: Project) -> bool:
    return record(project, "auth")["removed_at"] is not None and not folder(project, "auth").exists()


TABLE = {
    "complete": Row(handed_in, ("complete", "auth"), _is_complete),
    "complete, a person's": Row(_by_a_person, ("complete", "auth"), _is_complete),
    "complete, beside one that is": Row(_beside_another, ("complete", "auth"), _is_complete),
    "verify": Row(handed_in, ("verify", "auth"), _is_proven, has_effect=False),
    "assign": Row(lambda project: None, ("assign", "auth", "implementer-1"), partial(_has, "implementer-1")),
    "assign, with a workspace that is there": Row(
        lambda project: project.does("workspace", "auth"),
        ("assign", "auth", "implementer-1"),
        partial(_has, "implementer-1"),
    ),
    "workspace": Row(
        lambda project: None,
        ("workspace", "one"),
        lambda project: "one" in project.records("workspaces") and record(project, "one")["status"] == "ready",
    ),
    "reassign": Row(
        lambda project: project.does("assign", "auth", "implementer-1"),
        ("reassign", "auth", "--to", "implementer-2"),
        partial(_has, "implementer-2"),
    ),
    "reassign --force": Row(
        _at_work, ("reassign", "auth", "--to", "implementer-2", "--force"), partial(_has, "implementer-2")
    ),
    "start": Row(_approved, ("start",), _has_begun),
    "launch": Row(
        lambda project: project.does("assign", "auth", "implementer-1"),
        ("launch", "implementer-1", "--headless", "--client", "cat"),
        _launched,
        ("stop-agent", "implementer-1"),
    ),
    "remove-workspace": Row(_at_work, ("remove-workspace", "auth", "--force"), _is_removed),
}


@pytest.fixture(scope="module")
def prepared(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Kept]:
    kept: dict[str, Kept] = {}

    def prepare(name: str) -> Kept:
        if name not in kept:
            folder = tmp_path_factory.mktemp("prepared")
            kept[name] = Kept(folder, lambda root: TABLE[name].prepare(Project(root)), _begun_shop)
        return kept[name]

    return prepare


@pytest.mark.torture
@pytest.mark.parametrize("name", TABLE)
def test_killed_between_every_two_steps(name: str, prepared: Any, tmp_path: Path) -> None:
    row, kept = TABLE[name], prepared(name)
    steps = _whole(row, Project(kept.put_back()), tmp_path).steps
    for number in range(0, len(steps), STRIDE):
        project = Project(kept.put_back())
        assert run_in_steps(project.folder, tmp_path, *row.command, kill_at=number).code == -9
        _assert_settled(row, project, tmp_path, number)


@pytest.mark.torture
@pytest.mark.parametrize("name", TABLE)
def test_a_failure_at_every_step_and_killed_while_it_is_taken_back(name: str, prepared: Any, tmp_path: Path) -> None:
    row, kept = TABLE[name], prepared(name)
    steps = _whole(row, Project(kept.put_back()), tmp_path).steps
    places = [number for number, step in enumerate(steps) if step != "transaction ends"]
    for number in places[:: max(1, STRIDE - 1)]:
        project = Project(kept.put_back())
        before = all_files(project.folder)
        ended = run_in_steps(project.folder, tmp_path, *row.command, fail_at=number)
        assert ended.code in (1, 2), ended
        lines = 2 if ended.said.startswith("one was not made:") else 1  # of several workspaces each is told
        assert ended.said.count("\n") == lines, ended
        assert "the disk" in ended.said, ended
        assert ended.code == 2 or all_files(project.folder) == before, (steps[number], ended)
        assert ended.code == 1 or "; " in ended.said, ended  # what stands
        _assert_settled(row, project, tmp_path, number)
        for later in range(number + 1, len(ended.steps))[::STRIDE]:
            project = Project(kept.put_back())
            assert run_in_steps(project.folder, tmp_path, *row.command, fail_at=number, kill_at=later).code == -9
            _assert_settled(row, project, tmp_path, later)


def _whole(row: Row, project: Project, scratch: Path) -> Ended:
    """The operation as it goes when nothing happens."""
    ended = run_in_steps(project.folder, scratch, *row.command)
    assert ended.code == 0, ended
    assert ended.steps[:2] == ["transaction begins", "transaction ends"]
    assert ("effect ends" in ended.steps) == row.has_effect
    assert row.is_done(project)
    _tidy(row, project, scratch)
    return ended


def _tidy(row: Row, project: Project, scratch: Path) -> None:
    if row.tidy:
        assert run_in_steps(project.folder, scratch, *row.tidy).code == 0


def _assert_settled(row: Row, project: Project, scratch: Path, number: int) -> None:
    """The next command finds the state whole; the doctor mends the rest, or the same command given again ends it."""
    if number % 2:
        assert run_in_steps(project.folder, scratch, "doctor", "--repair").code == 0
    else:
        run_in_steps(project.folder, scratch, "settings", "poll.minutes", "16")
    assert_whole(project.folder)
    assert project.records("landings") == {}
    if not row.is_done(project):
        # A module that was taken back waits for an agent: then it is given, not taken.
        is_free = row.command[0] == "reassign" and project.module("auth")["status"] == "pending"
        command = ("assign", "auth", "implementer-2") if is_free else row.command
        again = run_in_steps(project.folder, scratch, *command)
        assert again.code == 0, again
    assert row.is_done(project)
    assert_whole(project.folder)
    _tidy(row, project, scratch)
