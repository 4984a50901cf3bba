"""The checks of a plan are tried before any work is done, when it is approved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.places import handed_in
from tests.kit.project import Project
from tests.support import git


class Planned:
    """A plan with one module for each list of checks; checks note that they ran in a file outside of the project."""

    def __init__(self, folder: Path, witness: Path) -> None:
        self.project, self._witness = Project(folder), witness
        self.project.does("plan", "Build a shop")

    def module(self, name: str, *checks: str) -> None:
        """Add a module with these checks."""
        words = [word for check in checks for word in ("--check", self.noted(check))]
        self.project.does("requirement", "add", "--name", name, "--criteria", "It works", *words)

    def noted(self, check: str) -> str:
        """A check that notes first that it runs."""
        return f"echo ran >> '{self._witness}'; {check}"

    def runs(self) -> int:
        """How many checks ran until now."""
        return len(self._witness.read_text().splitlines()) if self._witness.exists() else 0

    def outcomes(self, *options: str) -> list[str]:
        """What the checks come to when the plan is approved."""
        return [check["outcome"] for check in self.base(*options)["checks"]]

    def base(self, *options: str) -> Any:
        """The part of the answer that is about the base."""
        return self.project.does("approve", *options)["base"]


@pytest.fixture
def planned(repo: Path, tmp_path: Path) -> Planned:
    return Planned(repo, tmp_path / "witness")


def test_each_check_runs_once_and_is_told_apart(planned: Planned) -> None:
    (planned.project.folder / "auth.txt").write_text("not committed, so that it does not count\n")
    planned.module("auth", "true", "test -f auth.txt")
    planned.module("board", "true", "no-such-command-here")
    done = planned.project.run("approve")
    assert done.returncode == 0, done
    assert f"auth, board: `{planned.noted('true')}` passes already: proves nothing" in done.stdout
    assert f"board: `{planned.noted('no-such-command-here')}` could not run: " in done.stdout
    assert "Of 3 checks, 1 failed on " in done.stdout
    assert planned.runs() == 3
    assert planned.outcomes() == ["passed", "failed", "could_not_run"]
    assert planned.runs() == 6, "what could not run is tried again"


def test_a_second_approval_runs_nothing_again(planned: Planned) -> None:
    planned.module("auth", "true", "false")
    assert planned.base("--no-checks") is planned.base("--dry-run") is None
    assert planned.runs() == 0
    assert planned.outcomes() == ["passed", "failed"]
    assert "nothing was run again" in planned.project.run("approve").stdout
    assert planned.runs() == 2


def test_nothing_runs_of_a_plan_that_cannot_be_approved(planned: Planned) -> None:
    planned.module("auth", "true")
    planned.project.does("requirement", "add", "--name", "bare", "--check", planned.noted("true"))
    assert "bare has no acceptance criteria" in planned.project.refuses("approve")
    assert planned.runs() == 0


def test_without_a_commit_it_is_said_that_nothing_runs(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    git(folder, "init", "-q")
    planned = Planned(folder, tmp_path / "witness")
    planned.module("auth", "true")
    assert planned.base()["not_run"] == "there is no commit yet to run them on"
    assert planned.runs() == 0


def test_a_check_that_changes_files_leaves_the_next_a_clone_as_new(planned: Planned) -> None:
    planned.module("auth", "git ls-files | head -1 | xargs rm", 'test -z "$(git status --porcelain)"')
    assert planned.outcomes() == ["failed", "passed"]


def test_without_a_place_for_clones_the_plan_is_approved_all_the_same(
    planned: Planned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way\n")
    planned.module("auth", "true")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    result = planned.project.does("approve")
    assert result["base"]["not_run"]
    assert planned.project.does("plan-status")["plan_phase_complete"] is True


def test_the_base_explains_a_failure_later_without_being_run_again(planned: Planned) -> None:
    planned.module("auth", "test -f never.txt")
    project = planned.project
    project.walk([["approve"], ["start"], ["register", "ai", "first"]])
    assert planned.runs() == 1
    handed_in(project)
    result = project.does("complete", "auth", code=2)
    assert [check["outcome"] for check in result["evidence"]["checks"]] == ["fails_on_base"]
    assert planned.runs() == 3, "it ran on the work, again as it failed, and not on the base"
