"""Everything that a worktree holds becomes a commit of its branch, whatever was under way there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from atlas.adapters.git import commits
from tests.support import git, run


@pytest.fixture
def tree(repo: Path) -> Path:
    """A worktree of the branch `work`, with a commit of its own."""
    place = repo / "tree"
    git(repo, "worktree", "add", "--quiet", "-b", "work", str(place))
    commit(place, "own.txt", "own\n")
    return place


def commit(place: Path, name: str, text: str) -> str:
    (place / name).write_text(text)
    git(place, "add", name)
    git(place, "commit", "--quiet", f"--message={name}")
    return git(place, "rev-parse", "HEAD")


def save(place: Path) -> str:
    return commits.commit_all(str(place), "work", "implementer-1", "Saved")


def content(place: Path, path: str) -> str:
    return git(place, "show", f"work:{path}")


def test_changed_new_and_deleted_files(tree: Path) -> None:
    before = git(tree, "rev-parse", "HEAD")
    (tree / "own.txt").write_text("changed\n")
    (tree / "folder").mkdir()
    (tree / "folder" / "new.txt").write_text("new\n")
    (tree / "README.md").unlink()
    saved = save(tree)
    assert git(tree, "rev-parse", "work", "HEAD", "work^").split() == [saved, saved, before]
    assert git(tree, "log", "-1", "--format=%an %cn %s") == "implementer-1 ATLAS Saved"
    assert git(tree, "status", "--porcelain") == ""
    assert git(tree, "ls-tree", "-r", "--name-only", "work").split() == ["folder/new.txt", "own.txt"]
    assert save(tree) == saved, "again there is nothing to save"


def test_no_hook_runs_and_nothing_is_signed(tree: Path, repo: Path) -> None:
    for name in ("pre-commit", "commit-msg", "reference-transaction", "post-commit", "post-checkout"):
        hook = repo / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {repo}/ran\nexit 1\n".replace(str(repo), f'"{repo}"'))
        hook.chmod(0o755)
    git(repo, "config", "commit.gpgSign", "true")
    (tree / "own.txt").write_text("changed\n")
    save(tree)
    assert content(tree, "own.txt") == "changed"
    assert not (repo / "ran").exists()


def test_a_conflict_that_is_being_resolved(tree: Path, repo: Path) -> None:
    commit(repo, "own.txt", "theirs\n")
    assert run("git", "merge", "main", cwd=tree).returncode == 1
    save(tree)
    assert "<<<<<<< HEAD" in content(tree, "own.txt")
    assert git(tree, "status", "--porcelain") == ""


def test_what_is_checked_out_beside_the_branch_is_in_its_history(tree: Path) -> None:
    git(tree, "checkout", "--quiet", "--detach", "main")
    aside = commit(tree, "aside.txt", "aside\n")
    (tree / "README.md").write_text("changed\n")
    save(tree)
    assert content(tree, "own.txt") == "own", "the branch's own content counts"
    assert git(tree, "merge-base", "work", aside) == aside
    assert "changed" in git(tree, "show", "work^2:README.md")


def test_a_branch_that_lags_behind_what_is_checked_out(tree: Path) -> None:
    git(tree, "checkout", "--quiet", "--detach")
    ahead = commit(tree, "more.txt", "more\n")
    assert save(tree) == ahead


def test_a_branch_that_was_deleted(tree: Path) -> None:
    git(tree, "checkout", "--quiet", "--detach")
    git(tree, "branch", "--quiet", "-D", "work")
    assert save(tree) == git(tree, "rev-parse", "HEAD", "work").split()[1]


def test_repositories_within_are_left_out_and_stay_as_they_are(tree: Path) -> None:
    git(tree, "init", "--quiet", "inner")
    (tree / "inner" / "theirs.txt").write_text("theirs\n")
    (tree / "new.txt").write_text("new\n")
    save(tree)
    assert git(tree, "ls-tree", "--name-only", "work").split() == ["README.md", "new.txt", "own.txt"]
    assert (tree / "inner" / "theirs.txt").exists()


def test_an_index_lock_that_a_killed_git_left(tree: Path) -> None:
    (tree / "new.txt").write_text("new\n")
    Path(git(tree, "rev-parse", "--git-path", "index.lock")).write_text("")
    save(tree)
    assert content(tree, "new.txt") == "new"


def test_a_change_in_the_very_moment_that_the_index_was_written(tree: Path) -> None:
    """Size and time of the file are those that the index remembers; only the index's own time tells."""
    for key, value in (("core.trustctime", "false"), ("core.checkStat", "minimal")):
        git(tree, "config", key, value)
    index, moment = Path(git(tree, "rev-parse", "--git-path", "index")), time.time() - 10
    os.utime(tree / "own.txt", (moment, moment))
    git(tree, "update-index", "--refresh")
    (tree / "own.txt").write_text("two\n")
    for path in (tree / "own.txt", index):
        os.utime(path, (moment, moment))
    save(tree)
    assert content(tree, "own.txt") == "two"
