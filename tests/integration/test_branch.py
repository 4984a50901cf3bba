"""Where finished work comes together: a branch that is only ever moved ahead, with nothing checked out touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kit import state
from tests.kit.places import branches, folder, record, status, work
from tests.kit.project import Project
from tests.kit.shop import BEGUN
from tests.support import git


def tip(project: Project, branch: str = "atlas/integration") -> str:
    return git(project.folder, "rev-parse", f"refs/heads/{branch}")


def begin(project: Project, *options: str) -> str:
    """Start, and the branch that was chosen."""
    project.walk(BEGUN[:4])
    project.does("start", *options)
    chosen: str = project.workflow()["integration_branch"]
    return chosen


def test_it_is_made_from_what_is_checked_out_and_that_is_recorded(begun: Project) -> None:
    git(begun.folder, "switch", "--quiet", "--create", "feature")
    begun.commit("feature.txt")
    head = tip(begun, "feature")
    assert begin(begun) == "atlas/integration"
    assert (begun.workflow()["base_branch"], begun.workflow()["integration_commit"]) == ("feature", head)
    assert tip(begun) == head
    assert (tip(begun, "feature"), git(begun.folder, "branch", "--show-current")) == (head, "feature")


def test_its_name_can_be_chosen(begun: Project) -> None:
    assert begin(begun, "--integration-branch", "release/next") == "release/next"
    assert tip(begun, "release/next") == tip(begun, "main")


def test_starting_again_changes_nothing(begun: Project) -> None:
    begin(begun)
    before = branches(begun)
    assert begun.does("start", "--integration-branch", "other")["created"] is False
    assert begun.workflow()["integration_branch"] == "atlas/integration"
    assert branches(begun) == before


def test_an_existing_one_that_holds_all_of_the_base_is_used_as_it_is(begun: Project) -> None:
    git(begun.folder, "switch", "--quiet", "--create", "atlas/integration")
    ahead = begun.commit("earlier.txt")
    git(begun.folder, "switch", "--quiet", "main")
    assert begin(begun) == "atlas/integration"
    assert tip(begun) == ahead


def test_an_existing_one_that_the_base_holds_all_of_is_moved_ahead(begun: Project) -> None:
    git(begun.folder, "branch", "atlas/integration")
    head = begun.commit("later.txt")
    assert begin(begun) == "atlas/integration"
    assert tip(begun) == head


def test_one_that_holds_other_work_is_left_alone_and_that_is_said(begun: Project) -> None:
    git(begun.folder, "switch", "--quiet", "--create", "atlas/integration")
    other = begun.commit("other.txt")
    git(begun.folder, "switch", "--quiet", "main")
    begun.commit("main.txt")
    begun.walk(BEGUN[:4])
    said = begun.run("start").stdout
    assert "atlas/integration was left alone (it holds other work): atlas/integration-2 is used" in said
    assert (tip(begun), tip(begun, "atlas/integration-2")) == (other, tip(begun, "main"))


def test_the_branch_that_the_person_is_on_is_never_used(begun: Project, tmp_path: Path) -> None:
    assert begin(begun, "--integration-branch", "main") == "main-2"
    head = tip(begun, "main")
    begun.walk(BEGUN[5:])
    begun.does("assign", "auth", "implementer-1")
    work(begun, "auth")
    begun.hand_in("auth")
    begun.does("complete", "auth")
    assert tip(begun, "main") == head


def test_completed_work_is_on_it_and_nothing_checked_out_is_touched(shop: Project) -> None:
    (shop.folder / "mine.txt").write_text("mine")
    main = tip(shop, "main")
    for name, agent in (("auth", "implementer-1"), ("board", "implementer-2")):
        shop.does("assign", name, agent)
    first, second = work(shop, "auth"), work(shop, "board")
    shop.hand_in("auth")
    one = shop.does("complete", "auth")["evidence"]
    merge = tip(shop)
    assert (one["commit"], one["integrated"]) == (first, merge)
    assert git(shop.folder, "rev-parse", f"{merge}^1", f"{merge}^2").split() == [main, first]
    shop.hand_in("board")
    two = shop.does("complete", "board")["evidence"]
    assert (two["commit"], two["integrated"]) == (second, tip(shop))
    assert git(shop.folder, "rev-parse", "atlas/integration^1", "atlas/integration^2").split() == [merge, second]
    assert git(shop.folder, "ls-tree", "--name-only", "atlas/integration").split() == [
        "README.md",
        "auth.txt",
        "board.txt",
        "src",
    ]
    assert (tip(shop, "main"), status(shop.folder)) == (main, "?? mine.txt")
    assert record(shop, "auth")["status"] == record(shop, "board")["status"] == "merged"
    assert shop.workflow()["integration_commit"] == tip(shop)


def test_what_is_not_committed_is_not_there_for_the_checks(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    work(shop, "auth", "other.txt")
    (folder(shop, "auth") / "auth.txt").write_text("done")
    (shop.folder / "auth.txt").write_text("not the same")
    shop.hand_in("auth")
    assert shop.does("complete", "auth", code=2)["complete"] is False
    work(shop, "auth")
    shop.hand_in("auth")
    assert shop.does("complete", "auth")["complete"] is True


def test_what_is_missing_in_the_workspace_fails_though_the_main_directory_has_it(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    shop.commit("auth.txt")
    work(shop, "auth", "other.txt")
    shop.hand_in("auth")
    result = shop.does("complete", "auth", code=2)
    assert (result["passed"], result["complete"]) == (False, False)
    assert record(shop, "auth")["status"] == "ready"


def test_a_new_workspace_has_what_was_completed_before(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    work(shop, "auth")
    shop.hand_in("auth")
    shop.does("complete", "auth")
    shop.does("assign", "board", "implementer-2")
    assert (folder(shop, "board") / "auth.txt").exists()


def test_a_conflict_leaves_the_module_waiting_and_says_so(shop: Project) -> None:
    for name, agent in (("auth", "implementer-1"), ("board", "implementer-2")):
        shop.does("assign", name, agent)
        work(shop, name)
        work(shop, name, "src/api.py", f"{name}\n")
    shop.hand_in("auth")
    shop.does("complete", "auth")
    merged = tip(shop)
    shop.hand_in("board")
    result = shop.does("complete", "board", code=2)
    assert (result["passed"], result["complete"], result["conflicts"]) == (False, False, ["src/api.py"])
    assert (shop.module("board")["status"], tip(shop)) == ("in_progress", merged)
    assert record(shop, "board")["status"] == "ready"
    assert (
        "conflicts with atlas/integration, so that no check could run, in:\n1. src/api.py"
        in shop.mail("implementer-2")[-1]["body"]
    )
    shop.hand_in("board")
    assert "conflicts with atlas/integration in src/api.py" in shop.run("complete", "board").stdout
    place = folder(shop, "board")
    git(place, "merge", "--quiet", "--strategy-option=ours", "atlas/integration", "--message=Together")
    shop.hand_in("board")
    assert shop.does("complete", "board")["all_complete"] is True
    assert git(shop.folder, "show", "atlas/integration:src/api.py") == "board"


def test_work_without_a_workspace_is_brought_there_too(shop: Project) -> None:
    shop.does("assign", "auth", "dev-alice")
    commit = shop.commit("auth.txt")
    merge = shop.does("complete", "auth")["evidence"]["integrated"]
    assert merge == tip(shop)
    assert git(shop.folder, "rev-parse", f"{merge}^2") == commit


def test_where_it_is_checked_out_it_is_not_moved(shop: Project, tmp_path: Path) -> None:
    git(shop.folder, "worktree", "add", "--quiet", str(tmp_path / "look"), "atlas/integration")
    shop.does("assign", "auth", "implementer-1")
    work(shop, "auth")
    before = tip(shop)
    shop.hand_in("auth")
    assert f"atlas/integration is checked out in {tmp_path / 'look'}" in shop.refuses("complete", "auth")
    assert (tip(shop), status(tmp_path / "look")) == (before, "")
    assert (shop.module("auth")["status"], record(shop, "auth")["status"]) == ("pending_verification", "ready")
    git(shop.folder, "worktree", "remove", str(tmp_path / "look"))
    shop.does("complete", "auth")


def test_where_somebody_set_it_back_that_is_said_and_nothing_moved(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    shop.does("assign", "board", "implementer-2")
    work(shop, "auth")
    work(shop, "board")
    shop.hand_in("auth")
    shop.does("complete", "auth")
    shop.commit("other.txt")
    git(shop.folder, "branch", "--force", "atlas/integration", "main")
    shop.hand_in("board")
    done = shop.run("complete", "board")
    assert "was moved and no longer holds" in done.stderr
    assert tip(shop) == tip(shop, "main")


def test_where_somebody_deleted_it_it_is_made_again(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    work(shop, "auth")
    shop.hand_in("auth")
    merged = shop.does("complete", "auth")["evidence"]["integrated"]
    git(shop.folder, "branch", "--delete", "--force", "atlas/integration")
    shop.does("assign", "board", "implementer-2")
    assert tip(shop) == merged


def test_an_old_git_fast_forwards_and_says_when_it_cannot_merge(
    shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, agent in (("auth", "implementer-1"), ("board", "implementer-2")):
        shop.does("assign", name, agent)
        work(shop, name)
    old = tmp_path / "old" / "git"
    old.parent.mkdir()
    real = git(shop.folder, "--exec-path") + "/git"
    old.write_text(
        f'#!/bin/sh\nfor word; do case $word in version) echo "git version 2.34.1"; exit;; '
        f'merge-tree) echo "no such option" >&2; exit 129;; esac; done\nexec "{real}" "$@"\n'
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    shop.hand_in("auth")
    assert shop.does("complete", "auth")["complete"] is True
    shop.hand_in("board")
    done = shop.run("complete", "board")
    assert "git older than 2.38 cannot merge this: merge" in done.stderr
    assert shop.module("board")["status"] == "pending_verification"
    git(folder(shop, "board"), "merge", "--quiet", "--no-edit", "atlas/integration")
    assert shop.does("complete", "board")["complete"] is True


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((), "ATLAS ATLAS"),
        (("AUTHOR", "COMMITTER"), "Some Dev Some Dev"),
        (("COMMITTER",), "ATLAS ATLAS"),
        (("AUTHOR",), "ATLAS ATLAS"),
    ],
)
def test_the_merge_is_by_who_the_environment_names_and_else_atlass(
    known: tuple[str, ...], expected: str, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, agent in (("auth", "implementer-1"), ("board", "implementer-2")):
        shop.does("assign", name, agent)
        work(shop, name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git(shop.folder, "config", "user.useConfigOnly", "true")
    shop.hand_in("auth")
    shop.does("complete", "auth")
    shop.hand_in("board")
    for role in known:
        monkeypatch.setenv(f"GIT_{role}_NAME", "Some Dev")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "dev@example.invalid")
    shop.does("complete", "board")
    assert git(shop.folder, "log", "-1", "--format=%an %cn", "atlas/integration") == expected


def test_reading_the_state_does_not_make_the_branch(begun: Project) -> None:
    begun.walk(BEGUN[:4])
    before = branches(begun)
    begun.does("plan-status")
    assert branches(begun) == before
    assert state.records(begun.folder)["workflows"]
