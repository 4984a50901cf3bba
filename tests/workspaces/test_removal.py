"""Removing a workspace loses nothing: refused while it would, or everything is saved before."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.kit.kept import Kept
from tests.kit.places import branches, folder, no_trace, record, registered, status, work
from tests.kit.project import Project
from tests.support import git, make_repository, run

BOTH = "commits that are on neither the integration branch nor a remote"


@pytest.fixture(scope="session")
def _left(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        shop = Project(root)
        shop.does("assign", "auth", "implementer-1")
        shop.does("reassign", "auth", "--to", "dev-alice")

    return Kept(tmp_path_factory.mktemp("left"), make, _begun_shop)


@pytest.fixture
def left(_left: Kept) -> Project:
    """The workspace `auth`, which nobody works in any more."""
    return Project(_left.put_back())


def rescued(project: Project, bundle: str) -> str:
    """What was saved, as a commit in a repository that has what the orchestration began with."""
    git(project.folder, "fetch", "--quiet", bundle, "+refs/*:refs/rescued/*")
    return git(project.folder, "for-each-ref", "--format=%(refname)", "refs/rescued/atlas/saved")


def show(project: Project, commit: str, path: str) -> str:
    return git(project.folder, "show", f"{commit}:{path}")


def test_one_with_nothing_in_it_goes_without_a_trace(left: Project) -> None:
    left.does("remove-workspace", "auth")
    assert record(left, "auth")["removed_at"]
    assert record(left, "auth")["saved"] is None
    no_trace(left, "auth")
    assert left.does("remove-workspace", "auth")["removed"] is False


def test_one_that_is_worked_in_is_not_removed(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    assert "implementer-1 works on auth there" in shop.refuses("remove-workspace", "auth")
    shop.does("remove-workspace", "auth", "--force")
    assert (shop.module("auth")["status"], shop.module("auth")["assigned_to"]) == ("pending", None)
    assert shop.mail("implementer-1")[-1]["subject"].startswith("[STOP]")
    assert shop.does("assign", "auth", "implementer-2")["workspace"]["name"] == "auth"


@pytest.mark.parametrize("how", ["changed", "new", "staged", "deleted"])
def test_what_is_uncommitted_is_named_and_not_lost(left: Project, how: str) -> None:
    place = folder(left, "auth")
    file = "new.txt" if how == "new" else "src/api.py"
    (place / file).unlink() if how == "deleted" else (place / file).write_text("mine\n")
    if how == "staged":
        git(place, "add", file)
    before = status(place)
    said = left.refuses("remove-workspace", "auth")
    assert f"auth has uncommitted changes: {file}" in said
    assert status(place) == before
    saved = left.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    no_trace(left, "auth")
    files = git(left.folder, "ls-tree", "-r", "--name-only", rescued(left, saved)).split()
    assert (file in files) == (how != "deleted")
    if how != "deleted":
        assert show(left, rescued(left, saved), file) == "mine"


def test_a_commit_is_named_and_not_lost(left: Project) -> None:
    commit = work(left, "auth")
    said = left.refuses("remove-workspace", "auth")
    assert f"{BOTH}: {commit[:7]} Work on auth" in said
    saved = left.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    no_trace(left, "auth")
    assert Path(saved).parent == left.folder / ".git" / "atlas" / "aside"
    assert stat.S_IMODE(os.stat(saved).st_mode) == 0o600
    assert commit in git(left.folder, "bundle", "list-heads", saved)
    assert show(left, rescued(left, saved), "auth.txt") == "done"


def test_what_the_person_is_told_gets_it_back(left: Project) -> None:
    work(left, "auth")
    (folder(left, "auth") / "new.txt").write_text("new\n")
    said = left.run("remove-workspace", "auth", "--force").stdout
    command = next(line for line in said.splitlines() if "git fetch" in line).partition(": ")[2]
    assert run("sh", "-c", command, cwd=left.folder).returncode == 0
    assert show(left, "refs/rescued/auth/heads/atlas/auth", "auth.txt") == "done"
    assert show(left, "refs/rescued/auth/atlas/saved/auth", "new.txt") == "new"


@pytest.mark.parametrize("where", ["integration", "remote"])
def test_a_commit_that_is_kept_elsewhere_does_not_hinder(left: Project, tmp_path: Path, where: str) -> None:
    work(left, "auth")
    if where == "integration":
        git(left.folder, "branch", "--force", "atlas/integration", "atlas/auth")
    else:
        git(tmp_path, "init", "--quiet", "--bare", "remote.git")
        git(left.folder, "remote", "add", "origin", str(tmp_path / "remote.git"))
        git(left.folder, "push", "--quiet", "origin", "atlas/auth")
    left.does("remove-workspace", "auth")
    no_trace(left, "auth")


def test_the_persons_own_branch_is_no_place_that_counts(left: Project) -> None:
    work(left, "auth")
    git(left.folder, "merge", "--quiet", "atlas/auth")
    assert BOTH in left.refuses("remove-workspace", "auth")


def test_commits_on_another_branch_or_none_are_seen(left: Project) -> None:
    place = folder(left, "auth")
    git(place, "switch", "--quiet", "--detach")
    commit = work(left, "auth", "detached.txt")
    assert BOTH in left.refuses("remove-workspace", "auth")
    git(place, "switch", "--quiet", "--create", "elsewhere")
    assert BOTH in left.refuses("remove-workspace", "auth")
    saved = left.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    assert show(left, rescued(left, saved), "detached.txt") == "done"
    assert git(left.folder, "rev-parse", "elsewhere") == commit


def test_what_a_rebase_left_behind_is_saved_too(left: Project) -> None:
    first = work(left, "auth", "first.txt")
    place = folder(left, "auth")
    git(place, "reset", "--quiet", "--hard", "HEAD~1")
    work(left, "auth", "second.txt")
    saved = left.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    assert first in git(left.folder, "rev-list", rescued(left, saved))


@pytest.mark.parametrize("what", ["merge", "rebase"])
def test_what_is_under_way_is_named_and_saved(left: Project, what: str) -> None:
    place = folder(left, "auth")
    work(left, "auth", "src/api.py", "theirs\n")
    theirs = git(place, "rev-parse", "HEAD")
    git(place, "reset", "--quiet", "--hard", "HEAD~1")
    ours = work(left, "auth", "src/api.py", "ours\n")
    assert run("git", what, theirs, cwd=place).returncode != 0
    assert f"a {what} is under way" in left.refuses("remove-workspace", "auth")
    saved = left.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    assert {theirs, ours} <= set(git(left.folder, "rev-list", rescued(left, saved)).split())
    assert "<<<<<<<" in show(left, rescued(left, saved), "src/api.py")
    no_trace(left, "auth")


def test_changes_in_files_that_git_overlooks_are_not_lost(shop: Project) -> None:
    (shop.folder / "src" / "api.py").write_text("given\n")
    (shop.folder / "src" / "new.py").write_text("given\n")
    shop.does("assign", "auth", "implementer-1", "--skeleton", "src/api.py", "--skeleton", "src/new.py")
    shop.does("reassign", "auth", "--to", "dev-alice")
    for name in ("api.py", "new.py"):
        (folder(shop, "auth") / "src" / name).write_text("mine\n")
    assert status(folder(shop, "auth")) == ""
    assert "kept out of commits: src/api.py, src/new.py" in shop.refuses("remove-workspace", "auth")
    saved = shop.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    assert show(shop, rescued(shop, saved), "src/api.py") == "mine"
    assert show(shop, rescued(shop, saved), "src/new.py") == "mine"


def test_a_repository_within_is_refused_by_name(left: Project) -> None:
    make_repository(folder(left, "auth") / "tools" / "own")
    for options in ([], ["--force"]):
        assert "tools/own is a repository of its own" in left.refuses("remove-workspace", "auth", *options)


def test_what_it_links_to_stays(shop: Project) -> None:
    shop.commit(".gitignore", "node_modules\n")
    git(shop.folder, "branch", "--force", "atlas/integration", "main")
    (shop.folder / "node_modules").mkdir()
    (shop.folder / "node_modules" / "it.js").write_text("1")
    shop.does("settings", "workspace.link", "node_modules")
    shop.does("workspace", "one")
    shop.does("remove-workspace", "one")
    assert (shop.folder / "node_modules" / "it.js").exists()
    no_trace(shop, "one")


def test_write_protected_folders_go_too(shop: Project) -> None:
    shop.does("settings", "workspace.setup", "mkdir -p cache/mod && touch cache/mod/x && chmod -R a-w cache")
    shop.commit(".gitignore", "cache\n")
    git(shop.folder, "branch", "--force", "atlas/integration", "main")
    shop.does("workspace", "one")
    shop.does("remove-workspace", "one")
    no_trace(shop, "one")


def test_one_whose_folder_is_gone(left: Project) -> None:
    work(left, "auth")
    shutil.rmtree(folder(left, "auth"))
    assert BOTH in left.refuses("remove-workspace", "auth")
    saved = left.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    git(left.folder, "bundle", "verify", saved)
    no_trace(left, "auth")


def test_somebody_elses_worktree_in_its_place_is_left_alone(left: Project) -> None:
    git(left.folder, "worktree", "remove", "--force", "--force", str(folder(left, "auth")))
    git(left.folder, "worktree", "add", "--quiet", "-b", "worktree-auth", ".claude/worktrees/auth")
    for options in ([], ["--force"]):
        assert "is not the workspace that ATLAS made" in left.refuses("remove-workspace", "auth", *options)
    assert registered(left) == {"auth"}


def test_other_branches_stay(left: Project) -> None:
    git(folder(left, "auth"), "branch", "keep-me")
    left.does("remove-workspace", "auth")
    assert {"keep-me", "main", "atlas/integration"} <= branches(left)


def test_who_may_remove(left: Project) -> None:
    left.does("workspace", "two")
    left.does("inbox", "implementer-2", session="worker-2")
    assert "may not use 'remove-workspace'" in left.refuses("remove-workspace", "two", session="worker-2")
