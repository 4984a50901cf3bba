"""Proofs that are killed at any moment: nothing is complete without its commit, lost, or in the way of the next."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from atlas.adapters.git.checkout_pool import pool_folder
from atlas.adapters.system.file_lock import is_free
from atlas.adapters.system.marked import MARK
from atlas.services.project.workspace_paths import lock_path
from tests.conftest import script_of
from tests.kit.kept import Kept
from tests.kit.orchestrations import assert_whole, project_of
from tests.kit.places import folder, handed_in, work
from tests.kit.project import Project
from tests.kit.steps import run_in_steps
from tests.kit.striking import seconds
from tests.support import PACE, PYTHON, ROUNDS, git, wait_for

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are found by /proc")
CHECK = "mkdir made && (setsid sleep 60 &) && sleep 0.2 && test -f auth.txt"
"""It takes a moment, leaves a process of a session of its own, and fails where something was left of it before."""


@pytest.fixture(scope="module")
def handed(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """`auth` could be completed, by a check that takes a moment."""

    def make(root: Path) -> None:
        project = Project(root)
        project.does("modify", "modify", "auth", "--check", CHECK)
        handed_in(project)

    return Kept(tmp_path_factory.mktemp("handed"), make, _begun_shop)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def kill_with_helpers(project: Project, verb: str, after: float, helpers: bool) -> bool:
    """Start a verb, and kill it after so many seconds, with the processes that it waits for or without them.

    Returns whether that was before its end.
    """
    process = subprocess.Popen(
        [PYTHON, script_of(verb), "auth"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)  # not to wait for something, but to strike anywhere
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii") if helpers else ""
        os.killpg(process.pid, signal.SIGKILL)
        for child in children.split():
            os.kill(int(child), signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def marked_processes(project: Project) -> list[str]:
    """The processes that have the mark of a clone of this project."""
    here = project_of(project.folder)
    mark = os.fsencode(f"{MARK}={pool_folder(here.common, here.root)}")
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if any(entry.startswith(mark) for entry in path.read_bytes().split(b"\0")):
                found.append(path.parent.name)
    return found


def proof_refs(project: Project) -> str:
    return git(project.folder, "for-each-ref", "--format=%(refname)", "refs/atlas/proofs")


def assert_not_lost(project: Project, commit: str) -> None:
    """The worker's commit is on its branch and in its workspace, and complete is only what the branch has."""
    assert git(project.folder, "rev-parse", "atlas/auth") == commit
    assert git(folder(project, "auth"), "rev-parse", "HEAD") == commit
    if project.module("auth")["status"] == "complete":
        assert commit in git(project.folder, "rev-list", "atlas/integration").split()


def assert_goes_on(project: Project, scratch: Path, commit: str) -> None:
    """The next command finds nothing in its way: it proves and lands what is not complete, and tidies up."""
    assert_not_lost(project, commit)
    ended = run_in_steps(project.folder, scratch, "settings", "poll.minutes", "16")
    assert ended.code == 0, ended
    assert_not_lost(project, commit)
    if project.module("auth")["status"] != "complete":
        for verb in ("verify", "complete"):
            ended = run_in_steps(project.folder, scratch, verb, "auth")
            assert ended.code == 0, ended
        assert proof_refs(project) == ""
        wait_for(lambda: not marked_processes(project))
    assert_not_lost(project, commit)
    assert project.module("auth")["status"] == "complete"
    assert git(project.folder, "rev-list", "--merges", "--count", f"{commit}..atlas/integration") == "1"
    assert_whole(project.folder)


def strike(handed: Kept, scratch: Path, verb: str, times: int) -> int:
    """Kill a verb that often, each time in a project where it was not begun; returns how often it was hit."""
    project, hit = Project(handed.put_back()), 0
    commit = git(project.folder, "rev-parse", "atlas/auth")
    most = seconds(project, verb, "auth")
    for number in range(times):
        project = Project(handed.put_back())
        hit += kill_with_helpers(project, verb, random.uniform(0, most), helpers=number % 2 == 1)
        if number % 3 == 0:
            kill_with_helpers(project, verb, random.uniform(0, most), helpers=number % 2 == 0)
        assert_goes_on(project, scratch, commit)
    return hit


def test_killed_while_its_check_runs(handed: Kept, tmp_path: Path) -> None:
    project = Project(handed.put_back())
    commit = git(project.folder, "rev-parse", "atlas/auth")
    process = subprocess.Popen([PYTHON, script_of("complete"), "auth"], cwd=project.folder, stdout=subprocess.DEVNULL)
    wait_for(lambda: marked_processes(project))
    process.kill()
    process.wait()
    assert_goes_on(project, tmp_path, commit)


@pytest.mark.torture
@pytest.mark.parametrize("verb", ["verify", "complete"])
def test_killed_at_any_moment(verb: str, handed: Kept, tmp_path: Path) -> None:
    times = 1 if PACE > 1 else ROUNDS * 2 if ROUNDS <= 20 else ROUNDS * 5
    assert strike(handed, tmp_path, verb, times) >= times // 3, "it was over before it could be killed"


CHECK_OF_BOARD = "until test -e '{}/go'; do sleep 0.01; done; test -f board.txt"
GIT = """\
#!/bin/sh
case "$*" in
    *update-ref*refs/heads/atlas/integration*) "{real}" "$@"; kill -9 $PPID; exit 1 ;;
esac
exec "{real}" "$@"
"""


@pytest.mark.torture
def test_what_a_killed_one_landed_counts_for_the_one_that_waited(shop: Project, tmp_path: Path) -> None:
    """`board` lands and its process dies before that is recorded, while `auth`, which breaks it, waits for its turn."""
    shop.does("modify", "modify", "board", "--check", CHECK_OF_BOARD.format(tmp_path))
    for module, agent in (("board", "implementer-2"), ("auth", "implementer-1")):
        shop.does("assign", module, agent)
    work(shop, "board")
    git(folder(shop, "auth"), "merge", "--quiet", "atlas/board")
    (folder(shop, "auth") / "board.txt").unlink()
    work(shop, "auth")
    for module in ("board", "auth"):
        shop.hand_in(module)
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(GIT.format(real=Path(git(shop.folder, "--exec-path"), "git")), "utf-8")
    wrapper.chmod(0o755)
    environments = {"board": {**os.environ, "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}, "auth": {**os.environ}}
    started = {}
    for module, env in environments.items():
        command: list[str | Path] = [PYTHON, script_of("complete"), module]
        started[module] = subprocess.Popen(command, cwd=shop.folder, env=env, stdout=subprocess.DEVNULL)
        wait_for(lambda: not is_free(lock_path(project_of(shop.folder), module)))  # noqa: B023
        wait_for(lambda: marked_processes(shop))
    (tmp_path / "go").touch()
    assert started["board"].wait() == -signal.SIGKILL
    assert started["auth"].wait() == 2
    assert {name: one["status"] for name, one in shop.records("modules").items()} == {
        "board": "complete",
        "auth": "in_progress",
    }
    assert git(shop.folder, "show", "atlas/integration:board.txt") == "done"
