"""Where scripts are called from, and by which Python: the project is found, or one line says why there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import script_of
from tests.kit.project import Done, Project, the_line
from tests.kit.state import snapshot
from tests.support import PYTHON, ROOT, git, make_repository, run
from tests.unchanged import others_at_work

STATUS = script_of("status")
ATLAS = ROOT / "bin" / "atlas"


def starts(done: Done) -> bool:
    return done.returncode == 0 and "0 of 3 modules complete" in done.stdout and not done.stderr


def test_from_subfolders_and_from_within_git_itself(executing: Project) -> None:
    deep = executing.folder / "src" / "a folder" / "日本"
    deep.mkdir(parents=True)
    for folder in (deep, executing.folder / ".claude", executing.folder / ".git" / "info"):
        assert starts(run(PYTHON, STATUS, cwd=folder)), folder
    assert not (deep / ".claude").exists()


def test_from_a_linked_worktree_it_is_the_main_worktrees_project(executing: Project, tmp_path: Path) -> None:
    linked = tmp_path / "linked tree"
    git(executing.folder, "worktree", "add", "--quiet", "-b", "side", str(linked))
    (linked / "sub").mkdir()
    assert starts(run(PYTHON, STATUS, cwd=linked / "sub"))
    assert run(PYTHON, script_of("assign"), "docs", "dev-alice", cwd=linked).returncode == 0
    assert executing.module("docs")["assigned_to"] == "dev-alice"
    assert not (linked / ".claude").exists()


def test_through_a_link_to_the_project(executing: Project, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(executing.folder)
    assert starts(run(PYTHON, STATUS, cwd=tmp_path / "link", env={"PWD": str(tmp_path / "link")}))


def test_after_the_project_has_moved(executing: Project, tmp_path: Path) -> None:
    moved = tmp_path / "moved; here's"
    executing.folder.rename(moved)
    assert starts(run(PYTHON, STATUS, cwd=moved))
    assert run(PYTHON, script_of("assign"), "docs", "dev-alice", cwd=moved).returncode == 0


@pytest.mark.parametrize("options", [["-P"], ["-I"], ["-I", "-S"], ["-E", "-s"], ["-O"], ["-W", "error"]], ids=" ".join)
def test_whatever_pythons_safe_modes_leave_out(options: list[str], executing: Project) -> None:
    if options == ["-P"] and run(PYTHON, "-P", "-c", "").returncode != 0:
        pytest.skip("this Python has no -P")
    assert starts(run(PYTHON, *options, STATUS, cwd=executing.folder))
    done = run(PYTHON, *options, script_of("assign"), "docs", "dev-alice", cwd=executing.folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_with_the_safe_path_variable_and_a_hostile_folder(executing: Project) -> None:
    for name in ("json.py", "yaml.py", "argparse.py", "filelock.py"):
        (executing.folder / name).write_text("raise SystemExit('imported from the project')\n", "utf-8")
    for env in ({"PYTHONSAFEPATH": "1"}, {}):
        assert starts(run(PYTHON, STATUS, cwd=executing.folder, env=env))
        assert starts(run(ATLAS, "status", cwd=executing.folder, env=env))
        done = run(PYTHON, script_of("register"), "human", "bob", cwd=executing.folder, env=env)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_plugin_in_a_folder_with_spaces(executing: Project, tmp_path: Path) -> None:
    plugin = tmp_path / "plug in" / "1.0 beta"
    for part in ("bin", "schemas", "scripts"):
        shutil.copytree(ROOT / part, plugin / part, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache"))
    assert starts(run(plugin / "bin" / "atlas", "status", cwd=executing.folder))
    done = run(PYTHON, plugin / "scripts" / "atlas_assign_module.py", "docs", "dev-alice", cwd=executing.folder)
    assert (done.returncode, done.stderr) == (0, "")


def refused(folder: Path, *command: str | Path, **env: str) -> str:
    """The line with which beginning a plan in a folder is refused, leaving everything there as it was."""
    before = snapshot(folder)
    done = run(PYTHON, *(command or (script_of("plan"), "Goal")), cwd=folder, env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert snapshot(folder) == before
    return the_line(done)


def test_not_in_a_git_repository(tmp_path: Path) -> None:
    assert refused(tmp_path) == (
        f"{tmp_path} is not in a git repository: run `git init` there first, ATLAS keeps its history in it"
    )
    assert "is not in a git repository" in refused(tmp_path, STATUS)


def test_a_bare_repository(tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    for folder in (bare, bare / "objects" / "info"):
        assert refused(folder) == f"{bare} is a bare repository: run ATLAS in an ordinary clone of it"


def test_a_worktree_of_a_bare_repository(fresh: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(fresh.folder), str(bare))
    git(bare, "worktree", "add", "--quiet", str(tmp_path / "tree"), "main")
    assert "has no main worktree" in refused(tmp_path / "tree")


def test_the_home_directory(fresh: Project) -> None:
    assert "is your home directory" in refused(fresh.folder, HOME=str(fresh.folder))
    folder = fresh.folder / "not a repository"
    folder.mkdir()
    assert "is your home directory" in refused(folder, HOME=str(fresh.folder))


def test_a_claude_folder_that_leads_out_of_the_project(fresh: Project, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (fresh.folder / ".claude").symlink_to(tmp_path / "outside")
    assert "is a link that leaves the project" in refused(fresh.folder)
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = run("sh", "-c", 'rmdir "$PWD" && exec "$0" "$1"', PYTHON, STATUS, cwd=gone)
    assert done.returncode == 1
    assert the_line(done) == "the current folder was removed: go to the project's folder"


def test_no_commit_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    project = Project(tmp_path)
    project.does("plan", "Goal")
    project.does("requirement", "add", "--name", "One", "--criteria", "C", "--check", "true")
    project.does("approve", "--no-checks")
    project.does("start")
    project.does("register", "human", "bob")
    project.does("assign", "one", "bob")
    assert "has no commit yet" in project.refuses("complete", "one")
    commit = project.commit("file")
    assert project.does("complete", "one")["evidence"]["commit"] == commit


def test_a_detached_head(executing: Project) -> None:
    commit = executing.commit("core.txt")
    git(executing.folder, "checkout", "--quiet", "--detach")
    executing.does("assign", "auth-core", "dev-alice")
    assert executing.does("complete", "auth-core")["evidence"]["commit"] == commit


def test_the_callers_own_git_variables_do_not_mislead(executing: Project, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other")
    executing.commit("core.txt")
    executing.does("assign", "auth-core", "dev-alice")
    env = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": str(other / "index")}
    done = executing.run("complete", "auth-core", env=env)
    assert done.returncode == 0, done.stderr
    assert not (other / ".claude").exists()


def test_a_closed_or_full_output_never_ends_in_a_traceback(executing: Project) -> None:
    for number, (redirection, code) in enumerate([(">&-", 0), (">&- 2>&-", 0), ("2>&-", 0), (">/dev/full", 2)]):
        command = f'"$0" "$1" add --name "Named {number}" {redirection}'
        with others_at_work("what the verb did stands, only its outcome cannot be printed"):
            done = run("sh", "-c", command, PYTHON, script_of("modify"), cwd=executing.folder)
        assert done.returncode == code, redirection
        assert "Traceback" not in done.stderr
        assert executing.module(f"named-{number}")
    assert the_line(done) == "the outcome of modify could not be printed: the disk is full: make room"


def test_a_reader_that_has_gone(executing: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [PYTHON, STATUS], cwd=executing.folder, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")
