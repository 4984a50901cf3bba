"""However a check behaves, it ends within its limits, is told, and nothing of it is left."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from atlas.adapters.system import checks
from atlas.adapters.system.checks import Limits, end_marked, run_check
from atlas.core.records.rows import CheckRun
from tests.support import PYTHON, SCRIPTS, wait_for

LIMITS = Limits(seconds=20, output_mb=2, disk_mb=20)
BOMB = "b() { if [ $1 -gt 0 ]; then b $(($1-1)) & b $(($1-1)) & fi; TOKEN; }; b 5"
COMET = "echo 'setsid sh $0 TOKEN &' >$TMPDIR/comet; sh $TMPDIR/comet"
DAEMON = "(setsid sh -c 'trap \"\" TERM HUP INT; TOKEN; TOKEN' &)"
STARTS = (
    "TOKEN &",
    "trap '' TERM HUP; TOKEN &",
    "setsid TOKEN &",
    "(setsid sh -c 'TOKEN & TOKEN' &)",
    DAEMON,
    "env -i setsid TOKEN &",
    "setsid env ATLAS_PROOF=other TOKEN & (unset ATLAS_PROOF; TOKEN &)",
    "TOKEN & kill -STOP $!",
    f"{BOMB} &",
    COMET,
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The person's temporary folder: nothing may be left in it."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


class Bench:
    """A folder in which checks run, and a mark and a token that no other test's processes have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.mark = f"mark of {folder}"
        self.token = f"sleep 600.{abs(hash(self.mark)) % 10**9}"

    def run(self, command: str, limits: Limits = LIMITS, **environment: str) -> CheckRun:
        given = {"PATH": os.environ["PATH"], **environment}
        return run_check(self.text(command), str(self.folder), limits, given, self.mark)

    def text(self, command: str) -> str:
        """The command, with what tells its processes apart; sleeping for long is one such."""
        return command.replace("TOKEN", self.token)

    def left(self) -> list[str]:
        """The processes that have the token in their command, or the mark in their environment."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command, environment = ((folder / name).read_bytes().split(b"\0") for name in ("cmdline", "environ"))
            except OSError:
                continue
            shown = b" ".join(command).decode(errors="replace")
            if self.token in shown or f"ATLAS_PROOF={self.mark}".encode() in environment:
                found.append(f"{folder.name} {shown}")
        return found

    def start(self, command: str) -> subprocess.Popen[str]:
        """A process that runs the check as a command of ATLAS does, and prints how it ended."""
        return subprocess.Popen(
            self.words(command, self.mark), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def words(self, command: str, mark: str) -> list[str]:
        """What such a process is started with."""
        code = """
            import os, sys, tempfile
            sys.path.insert(0, sys.argv[1])
            from atlas.adapters.system.checks import Limits, run_check
            tempfile.tempdir = sys.argv[2]
            print(run_check(sys.argv[3], sys.argv[4], Limits(), os.environ, sys.argv[5]))
        """
        words = (str(SCRIPTS), tempfile.gettempdir(), self.text(command), str(self.folder), mark)
        return [PYTHON, "-c", textwrap.dedent(code), *words]


@pytest.fixture
def bench(tmp_path: Path, temporary: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "a folder")
    yield bench
    assert bench.left() == []


@pytest.mark.parametrize("starts", STARTS)
def test_what_a_check_started_ends_with_it(bench: Bench, starts: str) -> None:
    ran = bench.run(f"{starts}\nprintf begun; exit 3")
    assert bench.left() == []
    assert (ran["exit_code"], ran["stopped"], ran["output_tail"][-5:]) == (3, None, "begun")


@pytest.mark.parametrize(("ends", "code", "stopped"), [("kill -9 $$", -9, None), ("TOKEN", None, "time")])
def test_so_it_does_however_the_check_ends(bench: Bench, ends: str, code: int | None, stopped: str | None) -> None:
    ran = bench.run("\n".join((*STARTS, "printf begun", ends)), LIMITS._replace(seconds=0.5))
    assert bench.left() == []
    assert (ran["exit_code"], ran["stopped"], ran["output_tail"][-5:]) == (code, stopped, "begun")


def test_a_check_in_which_another_runs_ends_with_it(bench: Bench) -> None:
    inner = shlex.join(bench.words(f"{DAEMON}; env -i setsid TOKEN & touch begun; TOKEN", "another mark"))
    ran = bench.run(f"{inner} & while ! [ -e begun ]; do sleep 0.01; done; exit 3")
    assert (ran["exit_code"], bench.left()) == (3, [])
    end_marked("another mark")


def test_processes_are_found_where_there_are_no_sub_reapers(bench: Bench) -> None:
    """By `ps`: what lives in the shell's group, and what descends from it; the others by their mark."""
    without = Path(tempfile.gettempdir()) / "reaper.py"
    text = Path(checks.__file__).with_name("reaper.py").read_text("utf-8")
    without.write_text(text.replace("_SUBREAPER = 36", "_SUBREAPER = -1"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "_REAPER", str(without))
        ran = bench.run(f"TOKEN & (TOKEN &); {DAEMON}; env -i setsid TOKEN & TOKEN", LIMITS._replace(seconds=0.3))
    assert (ran["stopped"], bench.left()) == ("time", [])
    without.unlink()


def test_a_flood_is_stopped_near_its_limit_and_its_end_is_kept(bench: Bench) -> None:
    ran = bench.run("yes | head -c 1000000000")
    assert (ran["exit_code"], ran["stopped"], len(ran["output_tail"])) == (None, "output", 4000)
    assert set(ran["output_tail"].split()) == {"y"}
    assert ran["output_sha256"] in hashes_of_a_flood(2_000_000, 2_000_000 + 2 * 65_536)


def hashes_of_a_flood(least: int, most: int) -> Iterator[str]:
    """Those of so many bytes: above the limit by what a pipe holds and what was read at once, at most."""
    printed = hashlib.sha256(b"y\n" * (least // 2))
    for _ in range(least, most, 2):
        printed.update(b"y\n")
        yield printed.hexdigest()


def test_all_that_is_printed_counts_for_the_hash(bench: Bench) -> None:
    said = b"".join(b"%d\n" % number for number in range(1, 20_001))
    ran = bench.run("seq 20000; printf '\\377' >&2")
    assert ran["output_sha256"] == hashlib.sha256(said + b"\xff").hexdigest()
    assert ran["output_tail"] == (said + b"\xff")[-4000:].decode(errors="replace")
    assert (ran["exit_code"], ran["stopped"]) == (0, None)


@pytest.mark.parametrize("where", [".", "$TMPDIR/a/b"])
def test_a_disk_that_is_filled_is_stopped(bench: Bench, where: str) -> None:
    ran = bench.run(f'mkdir -p "{where}"; while :; do head -c 1000000 /dev/zero >>"{where}/full"; done')
    assert (ran["exit_code"], ran["stopped"]) == (None, "disk")


def test_holes_and_second_names_of_a_file_take_no_disk(bench: Bench) -> None:
    files = "head -c 8000000 /dev/zero >a; ln a b; ln a c; truncate -s 1G d; ln -s / e; exec sleep 0.7"
    ran = bench.run(files)
    assert (ran["exit_code"], ran["stopped"]) == (0, None)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("cat; echo $?", "0\n"),
        ("read line || echo nothing", "nothing\n"),
        ("tty || true", "not a tty\n"),
        ("(exec </dev/tty) 2>/dev/null || echo no terminal", "no terminal\n"),
        ("echo secret | (exec >/dev/tty) 2>/dev/null || echo no terminal", "no terminal\n"),
    ],
)
def test_who_waits_for_input_or_a_terminal_gets_none(bench: Bench, command: str, said: str) -> None:
    assert bench.run(command)["output_tail"] == said


def test_it_has_its_environment_and_a_temporary_folder_of_its_own(bench: Bench, temporary: Path) -> None:
    ran = bench.run('env; echo "$ODD"; pwd', ODD="ä\udcff\nFAKE=1", TMPDIR="/elsewhere")
    lines = ran["output_tail"].splitlines()
    assert f"ATLAS_PROOF={bench.mark}" in lines
    (folder,) = [line.removeprefix("TMPDIR=") for line in lines if line.startswith("TMPDIR=")]
    assert Path(folder).parent == temporary
    assert len(Path(folder).name) < 32, "sockets have short paths"
    assert "ODD=ä�" in lines
    assert lines[-1] == str(bench.folder)


@pytest.mark.parametrize(
    "command",
    [
        "mkdir -p $TMPDIR/a/b; touch $TMPDIR/a/b/c; chmod 0 $TMPDIR/a/b $TMPDIR/a $TMPDIR",
        'ln -s "$PWD" $TMPDIR/a',
        "rm -r $TMPDIR",
        'rm -r $TMPDIR; ln -s "$PWD" $TMPDIR',
        "rm -r $TMPDIR; touch $TMPDIR",
    ],
)
def test_its_temporary_folder_goes_whatever_is_in_it(bench: Bench, command: str) -> None:
    assert bench.run(f"touch kept; {command}")["exit_code"] == 0
    assert (bench.folder / "kept").exists()


@pytest.mark.parametrize(("command", "folder"), [("no-such-command", "."), ("true", "nowhere")])
def test_what_cannot_be_started_has_exit_code_127(bench: Bench, command: str, folder: str) -> None:
    ran = run_check(command, str(bench.folder / folder), LIMITS, {}, bench.mark)
    assert (ran["exit_code"], ran["stopped"]) == (127, None)
    assert ran["output_tail"]


# Kills


@pytest.mark.parametrize("ends", ["kill -9 $PPID", "kill $PPID"])
def test_when_the_helper_is_killed_the_check_is_stopped_and_all_is_ended(bench: Bench, ends: str) -> None:
    ran = bench.run(f"TOKEN & {DAEMON}; touch $TMPDIR/left; {ends}; TOKEN")
    assert bench.left() == []
    assert (ran["exit_code"], ran["stopped"]) == (None, "killed")


def test_a_helper_that_answers_no_more_is_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_PATIENCE", 0.2)
    ran = bench.run(f"{DAEMON}; kill -STOP $PPID; TOKEN", LIMITS._replace(seconds=0.2))
    assert (ran["exit_code"], ran["stopped"]) == (None, "killed")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_the_command_is_killed_all_is_ended(bench: Bench, temporary: Path, number: signal.Signals) -> None:
    command = bench.start(f"TOKEN & {DAEMON}; env -i setsid TOKEN & touch begun; TOKEN")
    wait_for((bench.folder / "begun").exists)
    command.send_signal(number)
    command.communicate()
    wait_for(lambda: not bench.left())
    end_marked(bench.mark)
    assert list(temporary.iterdir()) == [], "what the next call is for"


def test_when_both_are_killed_the_next_check_ends_what_is_left(bench: Bench) -> None:
    command = bench.start(f"TOKEN & {DAEMON}; mkdir -m 0 $TMPDIR/a; echo $PPID >begun.new; mv begun.new begun; TOKEN")
    wait_for((bench.folder / "begun").exists)
    command.kill()
    os.kill(int((bench.folder / "begun").read_text()), signal.SIGKILL)
    command.communicate()
    assert bench.run("echo next")["output_tail"] == "next\n"
    assert bench.left() == []


def test_what_lacks_the_mark_and_who_calls_is_left_alone(bench: Bench) -> None:
    kept = [
        subprocess.Popen(["sleep", "60"], env={**os.environ, name: value})
        for name, value in (
            ("ATLAS_PROOF", f"{bench.mark}2"),
            ("ATLAS_PROOF", bench.mark[:-1]),
            ("MY_ATLAS_PROOF", bench.mark),
            ("OTHER", f"ATLAS_PROOF={bench.mark}"),
        )
    ]
    code = "import sys; sys.path.insert(0, sys.argv[1]); from atlas.adapters.system.checks import end_marked; "
    calls = [sys.executable, "-c", f"{code} end_marked(sys.argv[2])", str(SCRIPTS), bench.mark]
    shell = ["sh", "-c", f'{bench.token} & "$@" && echo still here', "sh", *calls]
    done = subprocess.run(
        shell, check=False, env={**os.environ, "ATLAS_PROOF": bench.mark}, capture_output=True, text=True
    )
    assert (done.stdout, bench.left()) == ("still here\n", [])
    for process in kept:
        assert process.poll() is None
        process.kill()
        process.wait()
