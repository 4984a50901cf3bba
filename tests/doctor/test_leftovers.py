"""What killed processes leave, who may read the state, and what git sees of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from atlas.adapters.git.checkout_pool import pool_folder
from tests.conftest import Atlas
from tests.kit.state import WORKER, gate_of, history_of, kept_aside, plan_of, records, table_of, unnumbered_records
from tests.support import git

from .damage import assert_whole, doctor, found, found_at_rest

# What killed processes leave


def go_back(folder: Path, *paths: Path) -> Callable[[], None]:
    """Returns what makes the files as they are now: as if the next command had been killed before writing them."""
    before = {path: path.read_bytes() for path in (gate_of(folder), *paths)}

    def restore() -> None:
        for path, data in before.items():
            path.write_bytes(data)

    return restore


def test_a_torn_last_line(atlas: Atlas, begun: Path) -> None:
    expected, whole = unnumbered_records(begun), history_of(begun).read_bytes()
    with history_of(begun).open("ab") as file:
        file.write(b'{"v":1,"seq":13')
    left = found_at_rest(begun)
    result = doctor(atlas)
    assert ["unfinished change of 15 bytes" in line for line in found(result, "warning")] == [True]
    assert found_at_rest(begun) == left
    assert doctor(atlas, "--repair")["warnings"] == 0
    assert history_of(begun).read_bytes() == whole
    assert kept_aside(begun) == [b'{"v":1,"seq":13']
    assert_whole(atlas, begun, expected)


def test_a_change_that_is_stored_but_not_shown(atlas: Atlas, begun: Path) -> None:
    restore = go_back(begun, table_of(begun, "MESSAGES"))
    assert atlas("notify", "implementer-1", "--subject", "S", "--message", "M").returncode == 0
    expected = unnumbered_records(begun)
    restore()
    result = doctor(atlas)
    assert any("killed after change 13" in line for line in found(result, "warning"))
    assert found(result) == []
    assert doctor(atlas, "--repair")["mended"] == ["tables and gate show change 13 of the history, its last"]
    assert unnumbered_records(begun) == expected


def test_a_hand_in_the_plan_outlives_a_killed_command(atlas: Atlas, begun: Path) -> None:
    with plan_of(begun).open("a") as file:
        file.write("My notes.\n")
    restore = go_back(begun, table_of(begun, "MESSAGES"))
    assert atlas("notify", "implementer-1", "--subject", "S", "--message", "M").returncode == 0
    restore()
    doctor(atlas, "--repair")
    assert plan_of(begun).read_text("utf-8").endswith("My notes.\n")


def test_temporary_files_and_places_in_the_queue(atlas: Atlas, begun: Path) -> None:
    private = history_of(begun).parent
    left = [begun / ".claude" / ".MESSAGES.json.atlas-tmp", private / ".gate.json.atlas-tmp"]
    left += [private / "queue" / f"{number:020d}-1" for number in (1, 10**19)]
    for path in left:
        path.write_bytes(b"")
        path.chmod(0o600)
        os.utime(path, (1, 1))
    expected = unnumbered_records(begun)
    warned = found(doctor(atlas), "warning")
    for path in left[:2] + left[3:]:
        assert any(str(path) in line for line in warned), "the oldest ticket went when the lock was taken"
    result = doctor(atlas, "--repair")
    assert result["warnings"] == 0
    assert not any(path.exists() for path in left)
    assert_whole(atlas, begun, expected)


def test_a_command_that_waits_for_its_turn_is_no_leftover(atlas: Atlas, begun: Path) -> None:
    ticket = history_of(begun).parent / "queue" / f"{10**19:020d}-1"
    ticket.touch(0o600)
    assert found(doctor(atlas), "warning") == []
    doctor(atlas, "--repair")
    assert ticket.exists()


AT_WORK = """
import os, sys, time
import filelock
private, temp = sys.argv[1:]
with filelock.FileLock(os.path.join(private, "lock")):
    open(temp, "w").close()
    print("at work", flush=True)
    end = time.monotonic() + 30
    while not os.listdir(os.path.join(private, "queue")) and time.monotonic() < end:
        time.sleep(0.002)
    os.unlink(temp)
"""


def test_what_a_command_at_work_has_not_finished_is_no_leftover(atlas: Atlas, begun: Path) -> None:
    private = history_of(begun).parent
    command = [sys.executable, "-c", AT_WORK, str(private), str(private / ".gate.json.atlas-tmp")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as at_work:
        assert at_work.stdout is not None
        assert at_work.stdout.readline() == b"at work\n"
        assert found(doctor(atlas), "warning") == [], "the doctor waited until it was done"
    assert at_work.returncode == 0


def test_files_of_others_are_no_leftovers(atlas: Atlas, begun: Path) -> None:
    mine = begun / ".claude" / "settings.json.atlas-tmp"
    mine.write_text("{}")
    assert doctor(atlas, "--repair")["mended"] == []
    assert mine.exists()


def test_spools_of_ended_sessions_and_what_is_kept_aside_are_mentioned(atlas: Atlas, begun: Path) -> None:
    spool = history_of(begun).parent / "spool"
    spool.mkdir(mode=0o700)
    for fact, at_rest in (("presence", False), ("end", True)):
        with (spool / f"{WORKER}.jsonl").open("a") as file:
            file.write(f'{{"fact": "{fact}", "at": "2026-01-31T08:00:00Z"}}\n')
        (spool / f"{WORKER}.jsonl").chmod(0o600)
        assert not any("spool" in line for line in found(doctor(atlas), "ok")), "not folded in yet"
        assert atlas("notify", "implementer-1", "--subject", "S", "--message", "M").returncode == 0
        assert any("1 spool of ended" in line for line in found(doctor(atlas), "ok")) is at_rest
    with (spool / f"{WORKER}.jsonl").open("a") as file:
        file.write("not folded in\n")
    assert not any("spool" in line for line in found(doctor(atlas), "ok"))
    assert atlas("notify", "implementer-1", "--subject", "S", "--message", "M").returncode == 0
    table_of(begun).write_bytes(b"")
    assert atlas("status", "--json").returncode == 0
    result = doctor(atlas)
    assert any("1 spool of ended sessions" in line for line in found(result, "ok"))
    assert any("1 found file kept aside" in line for line in found(result, "ok"))
    assert result["warnings"] == 0


def test_a_spool_begun_anew_counts_from_its_start(atlas: Atlas, begun: Path) -> None:
    spool = history_of(begun).parent / "spool" / f"{WORKER}.jsonl"
    spool.parent.mkdir(mode=0o700)
    notify = ("notify", "implementer-1", "--subject", "S", "--message", "M")
    spool.write_text('{"fact": "decision", "rule": "a"}\n' * 3)
    assert atlas(*notify).returncode == 0
    spool.write_text('{"fact": "decision", "rule": "b"}\n')
    assert atlas(*notify).returncode == 0
    assert records(begun)["sessions"][WORKER]["decisions"] == {"a": 3, "b": 1}


# Modes, and git's view


def test_modes(atlas: Atlas, begun: Path) -> None:
    private = history_of(begun).parent
    (begun / ".claude").chmod(0o755)
    table_of(begun).chmod(0o644)
    history_of(begun).chmod(0o640)
    private.chmod(0o755)
    (warned,) = found(doctor(atlas), "warning")
    assert "and 2 more can be read by others" in warned
    result = doctor(atlas, "--repair")
    assert len(result["mended"]) == 3
    assert result["warnings"] == 0
    modes = [path.stat().st_mode & 0o777 for path in (table_of(begun), history_of(begun), private, begun / ".claude")]
    assert modes == [0o600, 0o600, 0o700, 0o755], "the folder .claude is the user's"


def test_what_git_ignores(atlas: Atlas, begun: Path) -> None:
    exclude = begun / ".git" / "info" / "exclude"
    exclude.write_text("mine\n/.claude/MESSAGES.json\n")
    assert any("info/exclude" in line for line in found(doctor(atlas), "warning"))
    assert doctor(atlas, "--repair")["warnings"] == 0
    assert exclude.read_text().startswith("mine\n/.claude/MESSAGES.json\n")
    assert git(begun, "status", "--porcelain") == ""


def test_state_that_was_committed(atlas: Atlas, begun: Path) -> None:
    git(begun, "add", "--force", ".claude/MESSAGES.json")
    (finding,) = [f for f in doctor(atlas)["findings"] if f["level"] == "warning"]
    assert "MESSAGES.json" in finding["what"]
    git(begun, *finding["mend"].split()[1:])
    assert doctor(atlas)["warnings"] == 0
    assert table_of(begun, "MESSAGES").exists()


def test_a_clone_that_was_set_aside_is_named_until_somebody_removes_it(atlas: Atlas, begun: Path) -> None:
    assert [line for line in found(doctor(atlas), "warning") if "set aside" in line] == []
    aside = Path(pool_folder(str(begun / ".git"), str(begun)), "3-aside-1")
    aside.mkdir(parents=True)
    (named,) = [line for line in found(doctor(atlas), "warning") if "set aside" in line]
    assert str(aside) in named
    aside.rmdir()
    assert [line for line in found(doctor(atlas), "warning") if "set aside" in line] == []
