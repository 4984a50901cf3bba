"""When a module may be completed, on whose word otherwise, and what is left where completing it is broken off."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.kit import state
from tests.kit.kept import Kept
from tests.kit.orchestrations import context
from tests.kit.places import folder, handed_in, record, work
from tests.kit.project import Project, the_line
from tests.kit.slow_git import SlowGit
from tests.support import ROOT, git, run

WORDS = "the customer waits"
BRANCH = "refs/heads/atlas/integration"
"""The word by which the command that moves the branch is told from others of git."""


@pytest.fixture(scope="session")
def _handed_in(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        shop = Project(root)
        shop.does("lead", session="lead-1")
        handed_in(shop)

    return Kept(tmp_path_factory.mktemp("handed-in"), make, _begun_shop)


@pytest.fixture
def ready(_handed_in: Kept) -> Project:
    """`auth` could be completed now: implementer-1 committed it and reported it done. The session `lead-1` leads."""
    return Project(_handed_in.put_back())


@pytest.fixture
def slow_git(ready: Project, tmp_path: Path) -> SlowGit:
    return SlowGit(ready, tmp_path / "slow")


def last(project: Project) -> Any:
    """The last evidence of `auth`."""
    return project.module("auth")["evidence"][-1]


# Conditions.


def test_what_meets_every_condition_is_completed(ready: Project) -> None:
    result = ready.does("complete", "auth", session="lead-1")
    assert result["complete"] is True
    assert (result["evidence"]["no_commit"], result["evidence"]["override"]) == (None, None)


def test_not_at_once_after_it_was_assigned(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    work(shop, "auth")
    line = shop.refuses("complete", "auth")
    assert line.startswith("auth cannot be completed: implementer-1's understanding of auth is not confirmed")
    assert "next is the repetition: atlas repeat auth" in line


@pytest.mark.parametrize(("kind", "status"), [("progress", "in_progress"), ("blocked", "blocked")])
def test_not_before_it_is_reported_done(kind: str, status: str, ready: Project) -> None:
    ready.does("report", "auth", kind, "--text", "not yet")
    line = ready.refuses("complete", "auth")
    assert f"implementer-1 has not reported auth done, it is {status}: next is atlas report auth done" in line


@pytest.mark.parametrize("minor", [[], ["--minor"]], ids=["major", "minor"])
def test_not_with_an_open_update(minor: list[str], ready: Project) -> None:
    ready.does("update", "send", "auth", "--type", "design_update", "--text", "Use B", *minor)
    line = ready.refuses("complete", "auth")
    assert "cannot be completed: the design_update u1 of auth is open, next is " in line


def test_not_with_a_changed_criterion_that_nobody_confirmed(ready: Project) -> None:
    ready.does("modify", "modify", "auth", "--add-criteria", "People log out")
    assert "auth cannot be completed: " in ready.refuses("complete", "auth")


def test_not_while_it_is_given_to_somebody_else(ready: Project) -> None:
    from atlas.services.orchestration import handover

    handover.stop_and_save(context(ready.folder), "auth", "implementer-2", 0)
    line = ready.refuses("complete", "auth")
    assert "auth is being given to implementer-2" in line
    assert "`atlas reassign auth --to implementer-2 --force`" in line


def test_not_without_a_commit_unless_the_lead_says_that_none_is_needed(shop: Project) -> None:
    shop.does("lead", session="lead-1")
    shop.commit("board.txt")
    git(shop.folder, "branch", "--force", "atlas/integration", "main")
    shop.does("assign", "board", "implementer-1")
    shop.hand_in("board", commit=False)
    line = shop.refuses("complete", "board", session="lead-1")
    assert "implementer-1 committed nothing in .claude/worktrees/board: let it commit its work" in line
    assert "--no-commit TEXT" in line
    assert "--no-commit has 4001 characters" in shop.refuses("complete", "board", "--no-commit", "x" * 4001)
    result = shop.does("complete", "board", "--no-commit", " it was there ", session="lead-1")
    assert (result["complete"], result["evidence"]["no_commit"]) == (True, "it was there")


def test_what_others_committed_before_is_no_work_of_an_agent_whose_workspace_was_there(shop: Project) -> None:
    shop.does("workspace", "auth")
    shop.commit("auth.txt")
    git(shop.folder, "branch", "--force", "atlas/integration", "main")
    shop.does("assign", "auth", "implementer-1")
    assert (folder(shop, "auth") / "auth.txt").exists()
    assert record(shop, "auth")["base_commit"] == git(shop.folder, "rev-parse", "main")
    shop.hand_in("auth", commit=False)
    assert "implementer-1 committed nothing in" in shop.refuses("complete", "auth")


def test_work_that_was_merged_by_hand_is_a_commit(ready: Project) -> None:
    git(ready.folder, "branch", "--force", "atlas/integration", "atlas/auth")
    assert ready.does("complete", "auth")["complete"] is True


def test_people_answer_for_themselves(shop: Project) -> None:
    shop.commit("auth.txt")
    shop.does("assign", "auth", "dev-alice")
    assert shop.does("complete", "auth")["complete"] is True


# The word of a person.


def type_complete(project: Project, typed: str) -> str:
    """What is shown when a person types the slash command in the lead's session, by the literal hook."""
    hooks = json.loads((ROOT / "hooks/hooks.json").read_text("utf-8"))["hooks"]
    event = {
        "session_id": "lead-1",
        "cwd": str(project.folder),
        "hook_event_name": "UserPromptExpansion",
        "command_name": "atlas:atlas-complete",
        "command_args": typed,
    }
    command = hooks["UserPromptExpansion"][0]["hooks"][0]["command"]
    env = {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_CODE_SESSION_ID": "lead-1"}
    done = run("/bin/sh", "-c", command, env=env, cwd=project.folder, stdin=json.dumps(event))
    assert (done.returncode, done.stderr) == (0, "")
    text: str = json.loads(done.stdout)["systemMessage"]
    return text


def test_only_a_person_overrides_and_the_lead_is_told_how(ready: Project) -> None:
    ready.does("report", "auth", "progress")
    line = ready.refuses("complete", "auth", "--override", WORDS, session="lead-1")
    assert line.endswith("ask the person to type /atlas-complete with --override TEXT")
    assert "has not reported auth done" in type_complete(ready, "auth")
    assert "auth is complete on commit" in type_complete(ready, f'auth --override "{WORDS}"')
    assert last(ready)["override"] == WORDS


def test_what_was_overridden_is_shown_for_ever(ready: Project) -> None:
    ready.does("report", "auth", "progress")
    said = ready.run("complete", "auth", "--override", WORDS).stdout
    assert f"a person let it pass although a condition was not met:\n| {WORDS}" in said
    shown = "Complete on the word of a person"
    ready.does("assign", "board", "implementer-2")
    for _ in range(2):
        status = ready.run("status").stdout
        assert shown in status
        assert WORDS in status
        (auth,) = (one for one in ready.does("status")["modules"] if one["id"] == "auth")
        assert auth["evidence"][-1]["override"] == WORDS
        ready.does("report", "board", "blocked", "--text", "by the weather")
    ready.does("plan", "--abandon", "The next goal")
    assert WORDS in state.history_of(ready.folder).read_text("utf-8")


def test_no_word_passes_a_check(ready: Project) -> None:
    ready.does("modify", "modify", "auth", "--check", "false")
    result = ready.does("complete", "auth", "--override", WORDS, code=2)
    assert (result["passed"], result["complete"]) == (False, False)


def test_no_word_passes_a_dirty_tree(ready: Project) -> None:
    (folder(ready, "auth") / "README.md").write_text("half")
    assert "has uncommitted changes (README.md)" in ready.refuses("complete", "auth", "--override", WORDS)


def test_no_word_passes_a_conflict(ready: Project) -> None:
    ready.commit("auth.txt", "other\n")
    git(ready.folder, "branch", "--force", "atlas/integration", "main")
    result = ready.does("complete", "auth", "--override", WORDS, code=2)
    assert (result["passed"], result["complete"], result["conflicts"]) == (False, False, ["auth.txt"])


# A merge that fails.


def standing(project: Project) -> Any:
    """How a module, its assignment and its workspace stand, evidence left out."""
    module = {key: value for key, value in project.module("auth").items() if key not in ("evidence", "updated_at")}
    return module, project.assignment("auth"), record(project, "auth")["status"], project.records("landings")


def test_a_merge_that_fails_is_2_and_says_what_stands(ready: Project, slow_git: SlowGit) -> None:
    before = standing(ready)
    done = slow_git.complete("auth", BRANCH, "fail")
    assert (done.returncode, done.stdout) == (2, "")
    line = the_line(done)
    assert "cannot do that" in line
    assert "its checks passed, which is recorded, and auth is as it was before" in line
    assert standing(ready) == before
    assert (last(ready)["passed"], last(ready)["integrated"]) == (True, None)
    assert ready.does("complete", "auth")["complete"] is True


@pytest.mark.parametrize(
    "command",
    [
        ["modify", "modify", "auth", "--check", "true"],
        ["report", "auth", "blocked", "--text", "I am not done"],
        ["update", "send", "auth", "--type", "design_update", "--text", "Use B"],
        ["reassign", "auth", "--to", "implementer-2", "--force", "--wait", "0.1"],
        ["plan", "--abandon", "Another shop"],
    ],
    ids=lambda command: command[0],
)
def test_what_is_being_merged_is_not_changed(command: list[str], ready: Project, slow_git: SlowGit) -> None:
    with slow_git.held("auth", BRANCH) as process:
        assert re.match("(the work on )?auth is being merged: wait", ready.refuses(*command))
        assert ready.does("register", "ai", "late")["created"] is True
    assert process.returncode == 0
    assert ready.module("auth")["status"] == "complete"


# A process that died.


def acted(project: Project) -> Any:
    """The last entry of the history that completes something."""
    lines = state.history_of(project.folder).read_text("utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry.get("verb") in ("complete", "settle")][-1]


def test_what_was_merged_is_recorded_by_the_next_command(ready: Project, slow_git: SlowGit) -> None:
    slow_git.kill("auth", BRANCH, "die-after")
    assert list(ready.records("landings")) == ["auth"]
    ready.does("register", "ai", "late")
    assert (ready.module("auth")["status"], record(ready, "auth")["status"]) == ("complete", "merged")
    assert last(ready)["integrated"] == git(ready.folder, "rev-parse", "atlas/integration")
    assert acted(ready)["actor"]["role"] == "atlas"
    assert ready.records("landings") == {}


def test_what_was_not_merged_is_put_back_by_the_next_command(ready: Project, slow_git: SlowGit) -> None:
    before = standing(ready)
    slow_git.kill("auth", BRANCH, "die")
    ready.does("register", "ai", "late")
    assert standing(ready) == before
    assert ready.does("complete", "auth")["complete"] is True


@pytest.mark.parametrize("moment", ["die", "die-after"])
def test_completing_it_again_answers_with_the_result(moment: str, ready: Project, slow_git: SlowGit) -> None:
    slow_git.kill("auth", BRANCH, moment)
    result = ready.does("complete", "auth")
    assert (result["module"], result["complete"]) == ("auth", True)
    assert result["evidence"]["integrated"] == git(ready.folder, "rev-parse", "atlas/integration")
