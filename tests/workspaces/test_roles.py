"""Who calls from within a workspace is its agent, whatever session it is; elsewhere nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import script_of
from tests.kit.kept import Kept
from tests.kit.places import folder
from tests.kit.project import Done, Project
from tests.support import PYTHON, run


def call(place: Path, verb: str, *arguments: str, session: str = "") -> Done:
    return run(
        PYTHON, script_of(verb), *arguments, cwd=place, env={"CLAUDE_CODE_SESSION_ID": session} if session else {}
    )


@pytest.fixture(scope="session")
def _at_work(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        shop = Project(root)
        shop.does("lead", session="lead-1")
        shop.does("assign", "auth", "implementer-1")
        shop.does("assign", "board", "implementer-2")
        shop.authorize("auth")

    return Kept(tmp_path_factory.mktemp("at-work"), make, _begun_shop)


@pytest.fixture
def at_work(_at_work: Kept) -> Project:
    """`auth` is implementer-1's, `board` implementer-2's; the session `lead-1` leads."""
    return Project(_at_work.put_back())


@pytest.mark.parametrize("session", ["", "unknown", "lead-1"])
@pytest.mark.parametrize("inner", ["", "src", ".claude/hooks"])
def test_within_a_workspace_its_agent_calls(at_work: Project, session: str, inner: str) -> None:
    place = folder(at_work, "auth") / inner
    assert call(place, "report", "auth", "started", session=session).returncode == 0
    assert at_work.assignment("auth")["reports"][-1]["by"] == "implementer-1"
    assert (
        "belongs to implementer-2, not to implementer-1"
        in call(place, "report", "board", "started", session=session).stderr
    )
    for verb, *arguments in (["complete", "auth"], ["assign", "auth", "implementer-2"], ["workspace", "x"]):
        assert "implementer-1 may not use" in call(place, verb, *arguments, session=session).stderr


def test_through_the_documented_link_too(at_work: Project) -> None:
    place = at_work.folder / ".claude" / "workspaces" / "auth"
    assert "implementer-1 may not use 'complete'" in call(place, "complete", "auth").stderr


def test_a_worker_that_goes_elsewhere_is_still_bound_by_its_session(at_work: Project) -> None:
    call(folder(at_work, "auth"), "inbox", "implementer-1", session="worker-1")
    at_work.does("inbox", "implementer-2", session="worker-2")
    assert "implementer-2 may not use 'complete'" in at_work.refuses("complete", "auth", session="worker-2")


def test_elsewhere_in_claude_the_person_calls(at_work: Project) -> None:
    for place in (at_work.folder / ".claude", at_work.folder / ".claude" / "worktrees"):
        assert call(place, "register", "ai", place.name).returncode == 0


def test_a_workspace_of_nobodys_gives_no_role(at_work: Project) -> None:
    at_work.does("workspace", "spare")
    assert call(folder(at_work, "spare"), "register", "ai", "other").returncode == 0


def test_a_workspace_that_was_left_is_still_its_agents(at_work: Project) -> None:
    at_work.does("reassign", "auth", "--to", "dev-alice")
    place = folder(at_work, "auth")
    assert "implementer-1 may not use 'complete'" in call(place, "complete", "auth").stderr
    assert "belongs to dev-alice, not to implementer-1" in call(place, "report", "auth", "started").stderr


def test_a_folder_that_only_looks_like_a_workspace_gives_no_role(at_work: Project) -> None:
    place = at_work.folder / ".claude" / "worktrees" / "fake" / "auth"
    place.mkdir(parents=True)
    assert call(place, "register", "ai", "other").returncode == 0


def test_settings_are_shown_to_all_and_changed_by_who_leads(at_work: Project) -> None:
    place = folder(at_work, "auth")
    assert call(place, "settings").returncode == 0
    assert "may not use 'configure'" in call(place, "settings", "workspace.setup-seconds", "9").stderr
    assert "may not use 'configure-workspaces'" in call(place, "settings", "workspace.setup", "x").stderr
    assert call(place, "doctor").returncode == 0
    assert "may not use 'repair'" in call(place, "doctor", "--repair").stderr
