"""The disk is full, fails, is read-only, or belongs to somebody else: one clear line, exit code 1, nothing changed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import log
from atlas.adapters.store.replay import Replay
from atlas.adapters.system import disk, process
from atlas.cli import main as cli
from atlas.core.records.kinds import AGENT, FILES, WORKSPACE
from atlas.core.records.workspace import new_process
from tests.conftest import script_of
from tests.kit.orchestrations import all_files, assert_whole, copy, project_of, records, start
from tests.kit.team import make_team
from tests.support import PYTHON, ROOT, SCRIPTS, git, make_repository, run, run_read_only

from .nursery import DISTURBED, Job, Nursery
from .test_kill import CASES, MOST_STEPS, in_pieces

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: mounts a file system, or becomes another user")


@pytest.mark.parametrize(("prepare", "job", "done"), CASES)
@pytest.mark.parametrize("how", ["full", "fail"])
def test_trouble_at_every_step(
    prepare: Callable[[Path], None],
    job: tuple[object, ...],
    done: Callable[[Replay], bool],
    how: str,
    repo: Path,
    tmp_path: Path,
    nursery: Nursery,
) -> None:
    """From the n-th call on there is no room, or the n-th call fails: the change is refused and not there, or it is."""
    prepare(repo)
    seq = assert_whole(copy(repo, tmp_path / "whole")).seq
    name, *arguments = job
    outcomes = set()
    for step in range(1, MOST_STEPS):
        victim = copy(repo, tmp_path / "victim")
        before = all_files(victim)
        (code,) = nursery.run(Job(str(name), victim, *arguments, accident=(step, how)))
        if code == 0:
            break
        happened = code == DISTURBED
        outcomes.add(happened)
        refusals = [line for line in nursery.lines() if line.startswith("refused ")]
        assert (code, len(refusals)) in ((DISTURBED, 0), (1, 1))
        if not happened and prepare is not in_pieces:
            assert all_files(victim) == before
        replay = assert_whole(victim)
        assert (done(replay), replay.seq) == (happened, seq + happened)
        if not happened:
            assert nursery.run(Job(str(name), victim, *arguments)) == [0]
            assert done(assert_whole(victim))
    else:
        pytest.fail(f"still in trouble at step {MOST_STEPS}")
    assert outcomes == {False, True}


class Platter:
    """What a power loss would leave of a file: all that was synced, and whatever a sync that failed had written."""

    def __init__(self, path: str, failures: Iterator[bool], monkeypatch: pytest.MonkeyPatch) -> None:
        self._path, self._failures, self._sync = path, failures, os.fsync
        self.data = Path(path).read_bytes()
        monkeypatch.setattr(os, "fsync", self.sync)

    def sync(self, handle: int) -> None:
        if os.path.samestat(os.fstat(handle), os.stat(self._path)):
            self.data = Path(self._path).read_bytes()
        if next(self._failures, False):
            raise OSError(errno.EIO, os.strerror(errno.EIO), self._path)
        self._sync(handle)


def refused_registration(repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The exit code and the line of a command that was told to register an agent."""
    monkeypatch.chdir(repo)
    code = cli.main("register", ["ai", "new"])
    (line,) = capsys.readouterr().err.splitlines()
    return code, line


def test_what_a_failed_sync_refused_does_not_come_back_after_a_power_loss(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start(repo, ["m0"])
    before = all_files(repo)
    history = project_of(repo).history
    platter = Platter(history, iter([True]), monkeypatch)
    code, line = refused_registration(repo, capsys, monkeypatch)
    assert (code, line.endswith("(nothing was changed)")) == (1, True)
    assert all_files(repo) == before
    assert platter.data == Path(history).read_bytes()


def test_whoever_cannot_be_told_whether_a_change_is_on_disk_is_told_so(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start(repo, ["m0"])
    Platter(project_of(repo).history, iter([True, True]), monkeypatch)
    code, line = refused_registration(repo, capsys, monkeypatch)
    assert code == 2
    assert "look with `atlas history` whether it is there" in line
    assert_whole(repo)


def test_a_document_that_could_not_be_recorded_is_not_kept(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start(repo, ["m0"])
    monkeypatch.chdir(repo)
    assert cli.main("register", ["ai", "one"]) == 0
    before = all_files(repo)
    with monkeypatch.context() as broken:
        Platter(project_of(repo).history, iter([True]), broken)
        assert cli.main("handoff", ["m0", "implementer-1"]) == 1
    file = Path(project_of(repo).claude) / "handoffs/m0-to-implementer-1.md"
    assert (all_files(repo), file.exists()) == (before, False)
    file.mkdir(parents=True)
    capsys.readouterr()
    assert cli.main("handoff", ["m0", "implementer-1"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the document is sent as msg-" in line


def test_a_session_that_was_ended_is_said_to_be_though_that_could_not_be_recorded(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    team = make_team(repo)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as session:
        birth = process.process_birth(session.pid) or ""
        started = new_process(
            mode="headless", pid=session.pid, birth=birth, started_at="2026-01-01T00:00:00Z", tmux=None
        )
        team.put(lambda tx: tx.patch(WORKSPACE, tx.need(WORKSPACE, "api-ws"), process=started))
        threading.Thread(target=session.wait).start()  # or else it stays, as one that nobody has waited for
        monkeypatch.chdir(repo)
        Platter(project_of(repo).history, iter([True]), monkeypatch)
        assert cli.main("stop-agent", ["ben"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "ended in api-ws, but that could not be recorded" in line


def test_a_torn_line_is_on_disk_elsewhere_before_it_is_cut_off(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(repo, ["m0"])
    project = project_of(repo)
    with open(project.history, "ab") as file:
        file.write(b"half a line")
    order: list[str] = []
    really = os.fsync

    def sync(handle: int) -> None:
        order.append(os.readlink(f"/proc/self/fd/{handle}"))
        really(handle)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.chdir(repo)
    assert cli.main("register", ["ai", "new"]) == 0
    torn = next(path for path in order if "history-torn" in path)
    assert order.index(torn) < order.index(project.aside) < order.index(os.path.realpath(project.history))


@AS_ROOT
def test_a_full_file_system(tmp_path: Path) -> None:
    """A real one, with room for 0, 1, 2, … pages when a documented script begins."""
    done = run("unshare", "--mount", sys.executable, "-m", "tests.store.full_disk", tmp_path, env=WITH_TESTS, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    codes = [result["code"] for result in results]
    assert set(codes) == {0, 1}
    for result in results:
        assert result["afterwards"] == 0
        if result["code"] == 1:
            assert not result["changed"]
            (line,) = result["stderr"].splitlines()
            assert "the disk is full: make room (nothing was changed)" in line


WITH_TESTS = {"PYTHONPATH": f"{ROOT}:{SCRIPTS}"}


def test_a_file_must_not_grow(repo: Path, tmp_path: Path, nursery: Nursery) -> None:
    """A limit on the size of files cuts writes short: of tables, or in the middle of the history's line."""
    start(repo, [f"m{number}" for number in range(10)])
    end = log.history_size(project_of(repo).history)
    codes = set()
    for limit in (0, 100, 2000, end, end + 1, end + 100, end + 1000):
        victim = copy(repo, tmp_path / "victim")
        before = all_files(victim)
        nursery.run(Job("command", victim, "register", ["ai", "new"], limit))
        code, *complaints = nursery.lines()
        codes.add(code)
        if code == "exit 1":
            assert len(complaints) == 1
            assert "too large" in complaints[0]
            assert all_files(victim) == before
        nursery.run(Job("command", victim, "register", ["ai", "new"]))
        assert nursery.lines() == ["exit 0"]
        assert [agent["identifier"] for agent in records(assert_whole(victim), AGENT).values()] == ["new"]
    assert codes == {"exit 0", "exit 1"}


@AS_ROOT
def test_a_file_system_that_is_read_only(repo: Path) -> None:
    start(repo, ["m0"])
    before = all_files(repo)
    for verb, arguments in [("status", ()), ("status", ("--json",)), ("check", ()), ("inbox", ("lead", "--peek"))]:
        done = run_read_only(repo, *script(repo, verb, *arguments))
        assert (done.returncode, done.stderr) == (2 if verb == "check" else 0, "")
    assert "m0" in run_read_only(repo, *script(repo, "status")).stdout
    for verb, arguments in [("register", ("ai", "x")), ("plan", ("--abandon", "Another goal"))]:
        done = run_read_only(repo, *script(repo, verb, *arguments))
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert "the file system is read-only" in line
    assert all_files(repo) == before


def script(repo: Path, verb: str, *arguments: str) -> tuple[str | os.PathLike[str], ...]:
    return ("sh", "-c", 'cd "$0" && exec "$@"', repo, PYTHON, script_of(verb), *arguments)


@pytest.fixture
def open_repo() -> Iterator[Path]:
    """A repository that other users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-open-"))
    folder.chmod(0o755)
    yield make_repository(folder / "project")
    shutil.rmtree(folder)


@AS_ROOT
def test_another_user(open_repo: Path, nursery: Nursery) -> None:
    """What ATLAS keeps is its owner's alone; others are told so in a line."""
    start(open_repo, ["m0"])
    before = all_files(open_repo)
    for verb, arguments in [("status", []), ("register", ["ai", "x"]), ("plan", ["A goal"])]:
        nursery.run(Job("command_as", open_repo, NOBODY, verb, arguments))
        code, *complaints = nursery.lines()
        assert code == "exit 1"
        assert len(complaints) == 1
        assert complaints[0].endswith("permission denied (nothing was changed)")
    assert all_files(open_repo) == before


NOBODY = 65534


@AS_ROOT
@pytest.mark.parametrize("file", [*FILES, "gate.json", "history.jsonl"])
def test_a_file_of_another_user(open_repo: Path, nursery: Nursery, file: str) -> None:
    """One file that the owner of all others cannot read."""
    start(open_repo, ["m0"])
    project = project_of(open_repo)
    path = Path(project.private if file in ("gate.json", "history.jsonl") else project.claude) / file
    path.touch()
    for place, folders, names in os.walk(open_repo):
        for name in (*folders, *names):
            os.chown(os.path.join(place, name), NOBODY, NOBODY)
    os.chown(open_repo, NOBODY, NOBODY)
    os.chown(path, 0, 0)
    path.chmod(0o600)
    before = all_files(open_repo)
    nursery.run(Job("command_as", open_repo, NOBODY, "register", ["ai", "x"]))
    code, *complaints = nursery.lines()
    if code == "exit 1":
        assert len(complaints) == 1
        assert complaints[0].endswith("permission denied (nothing was changed)")
        assert all_files(open_repo) == before
    else:
        unneeded = ("MISSION_CONTEXT.json", "DISCOVERIES.json", "MESSAGES.json", "REPORTS.json", "EVIDENCE.json")
        assert file in unneeded, "it was needed"
    path.chmod(0o666)
    nursery.run(Job("command_as", open_repo, NOBODY, "register", ["ai", "x"]))
    assert nursery.lines()[0] == "exit 0"


def test_everything_is_private(repo: Path) -> None:
    start(repo, ["m0"])
    project = project_of(repo)
    for path in (project.claude, project.private, *all_files(repo)):
        assert os.stat(path).st_mode & 0o077 == 0, path


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError("no room")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no room"):
        disk.write_temp(str(tmp_path / "file"), b"text")
    assert list(tmp_path.iterdir()) == []


def test_git_sees_nothing_of_it(repo: Path) -> None:
    start(repo, ["m0"])
    assert git(repo, "status", "--porcelain") == ""
