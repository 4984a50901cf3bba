"""A workspace that is not there any more, or where something else lies, is used by no command."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.kept import Kept
from tests.kit.places import folder, handed_in, registered
from tests.kit.project import Project
from tests.support import git, make_repository


@pytest.fixture(scope="session")
def _at_work(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("at-work"), lambda root: handed_in(Project(root)), _begun_shop)


@pytest.fixture
def at_work(_at_work: Kept) -> Project:
    """`implementer-1` has committed a file in the workspace `auth`."""
    return Project(_at_work.put_back())


def _plain(place: Path, elsewhere: Path) -> None:
    place.mkdir()
    (place / "auth.txt").write_text("mine\n")


def _link(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere)


def _repository(place: Path, elsewhere: Path) -> None:
    make_repository(place)


def _worktree_of_another(place: Path, elsewhere: Path) -> None:
    git(make_repository(elsewhere / "another"), "worktree", "add", "--quiet", "-b", "atlas/auth", str(place))


def _copy_of_another(place: Path, elsewhere: Path) -> None:
    root = place.parent.parent.parent
    git(root, "worktree", "add", "--quiet", "-b", "copied", str(elsewhere / "copied"))
    shutil.copytree(elsewhere / "copied", place)


def _forgotten(place: Path, elsewhere: Path) -> None:
    _copy_of_another(place, elsewhere)
    git(place.parent.parent.parent, "worktree", "remove", "--force", str(elsewhere / "copied"))


def _of_another_branch(place: Path, elsewhere: Path) -> None:
    root = place.parent.parent.parent
    git(root, "worktree", "remove", "--force", "--force", str(place))
    git(root, "worktree", "add", "--quiet", "-b", "by-hand", str(place))


FOUND: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "plain folder": (_plain, "is no git worktree"),
    "link": (_link, "is a link"),
    "repository": (_repository, "is a repository of its own"),
    "another repository's worktree": (_worktree_of_another, "is a worktree of another repository"),
    "copy": (_copy_of_another, "is a copy of the worktree at"),
    "forgotten": (_forgotten, "is a worktree that git has forgotten"),
    "another branch": (_of_another_branch, "is a worktree that ATLAS did not make, and not on atlas/auth"),
}


def _replace(project: Project, found: str, elsewhere: Path) -> str:
    """Put something else in the workspace's place; returns why it is not the workspace."""
    put, reason = FOUND[found]
    shutil.rmtree(folder(project, "auth"))
    put(folder(project, "auth"), elsewhere)
    return reason


@pytest.mark.parametrize("found", FOUND)
def test_what_is_not_the_workspace_is_not_called_ready(at_work: Project, found: str, tmp_path: Path) -> None:
    reason = _replace(at_work, found, tmp_path)
    assert reason in at_work.refuses("assign", "auth", "implementer-1")


def test_what_is_not_the_workspace_is_used_by_no_command(at_work: Project, tmp_path: Path) -> None:
    reason = _replace(at_work, "plain folder", tmp_path)
    for command in (("complete", "auth", "--reason", "fine"), ("launch", "implementer-1", "--print")):
        assert reason in at_work.refuses(*command), command
    assert "is not the workspace that ATLAS made" in at_work.refuses("remove-workspace", "auth", "--force")
    assert reason in at_work.run("doctor", "--repair").stdout
    assert at_work.does("conflicts")["unreadable"] == ["auth"]
    assert (folder(at_work, "auth") / "auth.txt").read_text("utf-8") == "mine\n"
    assert [one.name for one in folder(at_work, "auth").iterdir()] == ["auth.txt"]
    shutil.move(folder(at_work, "auth"), tmp_path / "aside")
    assert at_work.does("assign", "auth", "implementer-1")["created"] is False
    assert (folder(at_work, "auth") / "auth.txt").read_text("utf-8") == "done\n"


def test_no_interrupt_is_put_into_the_repository_of_somebody_else(at_work: Project, tmp_path: Path) -> None:
    _replace(at_work, "repository", tmp_path)
    at_work.does("discover", "--severity", "critical", "--affects", "auth", "The login is wrong")
    assert sorted(one.name for one in folder(at_work, "auth").iterdir()) == [".git", "README.md"]


def test_one_that_is_gone_is_made_again_from_its_branch(at_work: Project) -> None:
    shutil.rmtree(folder(at_work, "auth"))
    for command in (("complete", "auth", "--reason", "fine"), ("launch", "implementer-1", "--print")):
        assert "is gone: `atlas doctor --repair` mends it" in at_work.refuses(*command)
    again = at_work.does("assign", "auth", "implementer-1")
    assert again["notes"] == [
        "the folder of workspace auth was gone: it was made again from atlas/auth, as last committed"
    ]
    assert (folder(at_work, "auth") / "auth.txt").read_text("utf-8") == "done\n"
    assert at_work.does("assign", "auth", "implementer-1")["notes"] == []
    assert at_work.does("doctor")["problems"] == 0


def test_one_whose_branch_is_gone_too_is_not_said_to_be_ready(at_work: Project) -> None:
    shutil.rmtree(folder(at_work, "auth"))
    git(at_work.folder, "update-ref", "-d", "refs/heads/atlas/auth")
    assert "and so is its branch atlas/auth" in at_work.refuses("assign", "auth", "implementer-1")


def test_one_that_cannot_be_made_again_leaves_nothing_of_it(at_work: Project) -> None:
    at_work.does("settings", "workspace.setup", "exit 3")
    shutil.rmtree(folder(at_work, "auth"))
    done = at_work.run("assign", "auth", "implementer-1")
    assert "could not be made again: the set-up command 'exit 3' ended with code 3" in done.stderr
    assert not folder(at_work, "auth").exists()
    assert "could not be made again" in at_work.run("doctor", "--repair").stdout
    assert not folder(at_work, "auth").exists()
    assert registered(at_work) == {"auth"}
