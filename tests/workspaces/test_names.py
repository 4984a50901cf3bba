"""Names that are none, and names of others' things: refused, or another is chosen, and nothing of theirs touched."""

from __future__ import annotations

import os

import pytest

from tests.kit import state
from tests.kit.places import branches, folder, record, registered, status, work
from tests.kit.project import Project
from tests.support import git

HOSTILE = [
    "../../x",
    "../auth",
    "/tmp/x",
    "a/b",
    ".",
    "..",
    ".hidden",
    ".git",
    "a b",
    "A",
    "аuth",
    "ａuth",
    "auth\n",
    "auth\u200b",
    "$(touch PWNED)",
    "`touch PWNED`",
    "x" * 65,
    "x" * 300,
    "-",
    "",
    "HEAD",
    "auth.lock",
    "@{u}",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("verb", ["workspace", "remove-workspace"])
def test_a_name_that_is_none_is_refused_and_nothing_touched(shop: Project, verb: str, name: str) -> None:
    around = sorted(os.listdir(shop.folder.parent))
    before = branches(shop)
    shop.refuses(verb, "--", name)
    assert sorted(os.listdir(shop.folder.parent)) == around
    assert (branches(shop), registered(shop)) == (before, set())


@pytest.mark.parametrize("name", ["-b", "--force", "-"])
def test_an_option_in_place_of_a_name_is_refused(shop: Project, name: str) -> None:
    shop.refuses("workspace", name)
    shop.refuses("assign", name, "implementer-1")


@pytest.mark.parametrize(
    "name", ["../x", "-b", "a..b", "a b", "HEAD", "x.lock", "x" * 201, "a~1", "", "refs\n", "@", "a//b", ".a"]
)
def test_what_cannot_be_the_name_of_a_branch_is_refused(begun: Project, name: str) -> None:
    begun.walk([["plan", "G"], ["requirement", "add", "--name", "M", "--criteria", "C"], ["approve", "--no-checks"]])
    before = branches(begun)
    assert "cannot be the name of a branch" in begun.refuses("start", f"--integration-branch={name}")
    assert branches(begun) == before


def test_the_clients_own_worktree_is_left_alone(shop: Project) -> None:
    """`claude -w auth` has `.claude/worktrees/auth` on the branch `worktree-auth`."""
    git(shop.folder, "worktree", "add", "--quiet", "-b", "worktree-auth", ".claude/worktrees/auth")
    (folder(shop, "auth") / "theirs.txt").write_text("theirs")
    before = state.snapshot(folder(shop, "auth"))
    assert "not ATLAS's" in shop.refuses("workspace", "auth")
    workspace = shop.does("assign", "auth", "implementer-1")["workspace"]
    assert (workspace["name"], workspace["branch"]) == ("auth-2", "atlas/auth-2")
    work(shop, "auth-2", "auth.txt")
    shop.hand_in("auth")
    shop.does("complete", "auth")
    shop.does("remove-workspace", "auth-2")
    assert state.snapshot(folder(shop, "auth")) == before
    assert shop.run("doctor", "--repair").returncode == 0
    assert registered(shop) == {"auth"}


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_whatever_is_in_its_place_is_left_alone(shop: Project, kind: str) -> None:
    place = folder(shop, "auth")
    place.parent.mkdir(parents=True)
    if kind == "file":
        place.write_text("theirs")
    elif kind == "folder":
        place.mkdir()
        (place / "theirs.txt").write_text("theirs")
    else:
        place.symlink_to(shop.folder.parent)
    before = state.snapshot(place.parent)
    assert "not ATLAS's" in shop.refuses("workspace", "auth")
    assert shop.does("assign", "auth", "implementer-1")["workspace"]["name"] == "auth-2"
    shop.does("remove-workspace", "auth-2", "--force")
    assert state.snapshot(place.parent) == before


def test_a_branch_of_that_name_is_left_alone(shop: Project) -> None:
    git(shop.folder, "branch", "atlas/auth")
    assert "there is a branch atlas/auth" in shop.refuses("workspace", "auth")
    assert shop.does("assign", "auth", "implementer-1")["workspace"]["name"] == "auth-2"
    git(shop.folder, "branch", "atlas/board/deep")
    assert "beside which git cannot have" in shop.refuses("workspace", "board")


def test_a_branch_called_atlas_is_named_as_what_is_in_the_way(begun: Project) -> None:
    git(begun.folder, "branch", "atlas")
    begun.walk([["plan", "G"], ["requirement", "add", "--name", "M", "--criteria", "C"], ["approve", "--no-checks"]])
    assert "there is a branch atlas, beside which" in begun.refuses("start")
    begun.does("start", "--integration-branch", "together")
    begun.does("register", "ai", "one")
    assert "there is a branch atlas, beside which" in begun.refuses("assign", "m", "implementer-1")


def test_a_long_name_with_a_number_is_still_a_name(shop: Project) -> None:
    name = "x" * 64
    shop.does("modify", "add", "--name", name, "--criteria", "C")
    git(shop.folder, "branch", f"atlas/{name}")
    workspace = shop.does("assign", name, "implementer-1")["workspace"]
    assert workspace["name"] == "x" * 61 + "-2"


def test_a_removed_name_can_be_used_again(shop: Project) -> None:
    shop.does("workspace", "one")
    shop.does("remove-workspace", "one")
    assert shop.does("workspace", "one")["workspaces"][0]["workspace"]["status"] == "ready"
    assert record(shop, "one")["removed_at"] is None
    assert status(folder(shop, "one")) == ""
