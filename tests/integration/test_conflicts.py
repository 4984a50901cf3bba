"""Conflicts between workspaces, found while the work goes on, without touching any of it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Atlas, script_of
from tests.kit.kept import Kept
from tests.kit.project import Project
from tests.support import PYTHON, ROUNDS, git


@pytest.fixture(scope="session")
def _team(_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        project = Project(root)
        project.commit("shared.txt", "one\ntwo\nthree\n")
        project.walk(
            [
                ["plan", "Work"],
                ["requirement", "add", "--name", "Auth", "--criteria", "c", "--check", "true"],
                ["requirement", "add", "--name", "Web", "--criteria", "c", "--check", "true"],
                ["approve", "--no-checks"],
                ["start"],
                ["register", "ai", "one"],
                ["register", "ai", "two"],
                ["assign", "auth", "implementer-1"],
                ["assign", "web", "implementer-2"],
            ]
        )

    return Kept(tmp_path_factory.mktemp("team"), make, _repository)


@pytest.fixture
def repo(_team: Kept) -> Path:
    return _team.put_back()


@pytest.fixture
def team(repo: Path) -> Path:
    """Two agents, each with a workspace."""
    return repo


def place(team: Path, name: str) -> Path:
    return team / ".claude" / "worktrees" / name


def write(team: Path, name: str, file: str, text: str) -> None:
    (place(team, name) / file).write_text(text, encoding="utf-8")


def check(atlas: Atlas, code: int) -> Any:
    done = atlas("conflicts", "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)["result"]


def discoveries(team: Path) -> list[Any]:
    file = team / ".claude/DISCOVERIES.json"
    return list(json.loads(file.read_text(encoding="utf-8"))["discoveries"].values()) if file.exists() else []


def test_uncommitted_work_counts_and_stays_as_it_is(team: Path, atlas: Atlas) -> None:
    write(team, "auth", "shared.txt", "one\nAUTH\nthree\n")
    write(team, "web", "shared.txt", "one\nWEB\nthree\n")
    write(team, "web", "new.txt", "untracked\n")
    before = [git(place(team, name), "status", "--porcelain") for name in ("auth", "web")]
    result = check(atlas, 2)
    assert [conflict["between"] for conflict in result["conflicts"]] == [["auth", "web"]]
    (file,) = result["conflicts"][0]["files"]
    assert (file["path"], file["kind"]) == ("shared.txt", "contents")
    (hunk,) = file["hunks"]
    assert (hunk["line"], hunk["ours"], hunk["theirs"]) == (2, ["AUTH"], ["WEB"])
    assert [git(place(team, name), "status", "--porcelain") for name in ("auth", "web")] == before
    assert "shared.txt" in atlas("conflicts").stdout


def test_both_workers_are_told_once_when_it_appears_and_once_when_it_is_gone(team: Path, atlas: Atlas) -> None:
    write(team, "auth", "shared.txt", "AUTH\n")
    write(team, "web", "shared.txt", "WEB\n")
    assert check(atlas, 2)["appeared"] == [["auth", "web"]]
    assert check(atlas, 2)["appeared"] == []
    (told,) = discoveries(team)
    assert told["severity"] == "important"
    assert [recipient["agent"] for recipient in told["recipients"]] == ["implementer-1", "implementer-2"]
    assert "shared.txt" in told["text"]
    git(place(team, "web"), "checkout", "--", "shared.txt")
    assert check(atlas, 0)["gone"] == [["auth", "web"]]
    assert check(atlas, 0)["gone"] == []
    assert len(discoveries(team)) == 2
    assert "is gone" in discoveries(team)[1]["text"]


def test_the_integration_branch_counts_and_only_its_worker_is_told(team: Path, atlas: Atlas) -> None:
    write(team, "auth", "shared.txt", "AUTH\n")
    commit = git(team, "commit-tree", git(team, "rev-parse", "HEAD^{tree}"), "-p", "HEAD", "-m", "empty")
    other = place(team, "web")
    write(team, "web", "shared.txt", "MERGED\n")
    git(other, "commit", "--quiet", "--all", "--message=Web")
    merged = git(other, "rev-parse", "HEAD")
    git(team, "update-ref", "refs/heads/atlas/integration", merged)
    git(other, "reset", "--quiet", "--hard", commit)
    result = check(atlas, 2)
    assert [conflict["between"] for conflict in result["conflicts"]] == [["atlas/integration", "auth"]]
    (told,) = discoveries(team)
    assert [recipient["agent"] for recipient in told["recipients"]] == ["implementer-1"]


def test_only_pairs_whose_tip_moved_are_merged_again(team: Path, atlas: Atlas) -> None:
    assert check(atlas, 0)["merged"] == 3
    assert check(atlas, 0)["merged"] == 0
    write(team, "auth", "auth.txt", "x\n")
    assert check(atlas, 0)["merged"] == 2


def test_a_damaged_cache_is_made_anew(team: Path, atlas: Atlas) -> None:
    check(atlas, 0)
    cache = team / ".git/atlas/cache/conflicts.json"
    cache.write_text("{nonsense", encoding="utf-8")
    assert check(atlas, 0)["merged"] == 3
    assert json.loads(cache.read_text(encoding="utf-8"))


@pytest.mark.parametrize("ours", ["changed", "removed"])
def test_kinds_of_conflict(team: Path, atlas: Atlas, ours: str) -> None:
    if ours == "removed":
        git(place(team, "auth"), "rm", "--quiet", "shared.txt")
    else:
        write(team, "auth", "a dir: 'x'.txt", "mine\n")
        write(team, "web", "a dir: 'x'.txt", "yours\n")
    write(team, "web", "shared.txt", "WEB\n")
    ((file,),) = (conflict["files"] for conflict in check(atlas, 2)["conflicts"])
    expected = ("shared.txt", "modify/delete") if ours == "removed" else ("a dir: 'x'.txt", "contents")
    assert (file["path"], file["kind"]) == expected


def test_a_workspace_that_cannot_be_read_ends_nothing(team: Path, atlas: Atlas) -> None:
    write(team, "auth", "shared.txt", "AUTH\n")
    write(team, "web", "shared.txt", "WEB\n")
    check(atlas, 2)
    os.rename(place(team, "web"), team / "away")
    result = check(atlas, 0)
    assert (result["unreadable"], result["gone"]) == (["web"], [])


def test_a_workers_report_and_the_status_find_it_in_passing(team: Path, atlas: Atlas) -> None:
    write(team, "auth", "shared.txt", "AUTH\n")
    write(team, "web", "shared.txt", "WEB\n")
    assert atlas("report", "auth", "started").returncode == 0
    assert len(discoveries(team)) == 1
    git(place(team, "web"), "checkout", "--", "shared.txt")
    assert atlas("status").returncode == 0
    assert len(discoveries(team)) == 2
    write(team, "web", "shared.txt", "WEB\n")
    assert "auth and web would conflict in:\n  | shared.txt" in atlas("status").stdout


def test_an_old_git_is_said_and_everything_else_works(team: Path, atlas: Atlas, tmp_path: Path) -> None:
    real = git(team, "--exec-path")
    old = tmp_path / "old" / "git"
    old.parent.mkdir()
    old.write_text(
        f'#!/bin/sh\ncase " $* " in *" version "*) echo git version 2.37.2; exit;; esac\nexec "{real}/git" "$@"\n'
    )
    old.chmod(0o755)
    env = {"PATH": f"{old.parent}:{os.environ['PATH']}"}
    done = atlas("conflicts", env=env)
    assert (done.returncode, "git 2.38 or newer" in done.stderr) == (1, True)
    done = atlas("status", env=env)
    assert done.returncode == 0
    assert "git 2.38" in done.stdout


@pytest.mark.torture
def test_killed_at_any_moment_it_leaves_all_work_as_it_was(team: Path, atlas: Atlas) -> None:
    write(team, "web", "shared.txt", "WEB\n")
    began = time.monotonic()
    check(atlas, 0)
    usual = time.monotonic() - began
    killed = 0
    for number in range(ROUNDS):
        write(team, "auth", "shared.txt", f"AUTH {number}\n")
        write(team, "auth", f"new {number}.txt", "new\n")
        before = git(place(team, "auth"), "status", "--porcelain")
        process = subprocess.Popen(
            [PYTHON, script_of("conflicts")], cwd=team, stdout=subprocess.DEVNULL, start_new_session=True
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=random.uniform(0, usual))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert git(place(team, "auth"), "status", "--porcelain") == before
        assert (place(team, "auth") / "shared.txt").read_text(encoding="utf-8") == f"AUTH {number}\n"
    assert killed
    (found,) = check(atlas, 2)["conflicts"]
    assert found["between"] == ["auth", "web"]
    assert [told["severity"] for told in discoveries(team)] == ["important"]
    assert os.listdir(team / ".git/atlas/cache") == ["conflicts.json"]
    done = atlas("doctor", "--repair", "--json")
    assert done.returncode == 0, done.stdout
