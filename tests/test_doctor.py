"""`atlas doctor`: what it finds in real damage, and that its repair loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Atlas, script_of
from tests.state import (
    LEAD,
    WORKER,
    gate_of,
    history_of,
    kept_aside,
    plan_of,
    records,
    snapshot,
    table_of,
)
from tests.support import PYTHON, SCRIPTS, git, run, wait_for

Damage = Callable[[Path], object]


def doctor(atlas: Atlas, *arguments: str, exit_code: int = 0, **options: Any) -> dict[str, Any]:
    done = atlas("doctor", "--json", *arguments, **options)
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert done.stderr == ""
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


def found(result: dict[str, Any], level: str = "problem") -> list[str]:
    return [f"{f['about']}: {f['what']}" for f in result["findings"] if f["level"] == level]


def found_at_rest(folder: Path) -> dict[str, tuple[int, bytes]]:
    """What must not change when the doctor only looks; the lock's own file is touched by whoever takes the lock."""
    return {name: content for name, content in snapshot(folder).items() if name != ".git/atlas/lock"}


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def assert_whole(atlas: Atlas, folder: Path, expected: dict[str, Any]) -> None:
    """The state opens, holds these records, equals its history, and takes another change."""
    assert records(folder) == expected
    assert atlas("history").returncode == 0
    assert atlas("status", "--json").returncode == 0
    assert atlas("notify", "implementer-1", "--subject", "S", "--message", "M").returncode == 0
    assert found(doctor(atlas)) == found(doctor(atlas), "warning") == []


# A sound state


def test_all_is_well(atlas: Atlas, begun: Path) -> None:
    before = snapshot(begun)
    result = doctor(atlas)
    assert (result["problems"], result["warnings"], result["mended"]) == (0, 0, [])
    assert {f["level"] for f in result["findings"]} == {"ok"}
    about = {f["about"] for f in result["findings"]}
    assert about >= {
        "Python",
        "git",
        "packages",
        "plugin",
        "history",
        "gate",
        "tables",
        "records",
        "modes",
        "leftovers",
    }
    assert atlas("doctor").stdout.endswith("\nAll is well.\n")
    assert snapshot(begun) == before


def test_repairing_what_is_sound_changes_nothing(atlas: Atlas, begun: Path) -> None:
    before = found_at_rest(begun)
    assert doctor(atlas, "--repair")["mended"] == []
    assert found_at_rest(begun) == before


def test_before_there_is_an_orchestration(atlas: Atlas, repo: Path) -> None:
    for arguments in ([], ["--repair"]):
        assert any("no orchestration yet" in line for line in found(doctor(atlas, *arguments), "ok"))
    assert not (repo / ".git" / "atlas").exists()
    assert not (repo / ".claude").exists()


def test_outside_a_repository(atlas: Atlas, tmp_path: Path) -> None:
    for arguments in ([], ["--repair"]):
        result = doctor(atlas, *arguments, cwd=tmp_path)
        (line,) = found(result, "warning")
        assert "not in a git repository" in line
        assert {f["about"] for f in result["findings"]} == {"Python", "git", "packages", "plugin", "project"}


# Damage that the history, or what is left, makes good


def truncate(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "precious").write_text("not ATLAS's")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def flip(folder: Path, line: int) -> None:
    """Change one bit in the middle of a line of the history."""
    lines = lines_of(history_of(folder))
    middle = len(lines[line - 1]) // 2
    damaged = bytearray(lines[line - 1])
    damaged[middle] ^= 1
    lines[line - 1] = bytes(damaged)
    history_of(folder).write_bytes(b"".join(lines))


def replace_lines(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    history_of(folder).write_bytes(b"".join(change(lines_of(history_of(folder)))))


def lose_gate_and_end(folder: Path) -> None:
    gate_of(folder).unlink()
    replace_lines(folder, lambda lines: lines[:-3])


def lose_gate_and_history(folder: Path) -> None:
    gate_of(folder).unlink()
    history_of(folder).unlink()


TABLES: dict[str, tuple[Damage, str]] = {
    "table truncated": (lambda f: truncate(table_of(f)), "tables: PHASE_PROGRESS.json"),
    "table emptied": (lambda f: table_of(f).write_bytes(b""), "tables: PHASE_PROGRESS.json is not a table"),
    "table nonsense": (lambda f: table_of(f).write_bytes(b"\xff\x00no"), "tables: PHASE_PROGRESS.json is not a table"),
    "table deleted": (lambda f: table_of(f).unlink(), "tables: PHASE_PROGRESS.json is missing"),
    "table a folder": (lambda f: put_folder(table_of(f)), "tables: PHASE_PROGRESS.json is missing"),
    "table edited": (lambda f: edit(table_of(f), "in_progress", "complete"), "module auth-core differs"),
    "table reformatted": (lambda f: edit(table_of(f), "},\n", "}  ,\n"), "tables: PHASE_PROGRESS.json"),
    "agents deleted": (lambda f: table_of(f, "PARALLEL_STATUS").unlink(), "PARALLEL_STATUS.json is missing"),
    "all deleted": (lambda f: shutil.rmtree(f / ".claude"), "tables: MISSION_CONTEXT.json is missing"),
    "gate deleted": (lambda f: gate_of(f).unlink(), "gate: it is missing"),
    "gate nonsense": (lambda f: gate_of(f).write_bytes(b"{nonsense"), "gate: it is damaged"),
    "gate emptied": (lambda f: gate_of(f).write_bytes(b""), "gate: it is damaged"),
    "plan deleted": (lambda f: plan_of(f).unlink(), "plan: orchestrator-plan-phase.local.md is missing"),
}
HISTORIES: dict[str, tuple[Damage, str]] = {
    "byte flipped": (lambda f: flip(f, 5), "history: history line 5 is damaged"),
    "first line damaged": (lambda f: flip(f, 1), "history: history line 1 is damaged"),
    "last line damaged": (lambda f: flip(f, 12), "history: history line 12 is damaged"),
    "line deleted": (lambda f: replace_lines(f, lambda x: x[:5] + x[6:]), "history line 6: what comes before it"),
    "first line deleted": (lambda f: replace_lines(f, lambda x: x[1:]), "history line 1: what comes before it"),
    "lines joined": (
        lambda f: replace_lines(f, lambda x: [*x[:5], x[5].replace(b"\n", b" "), *x[6:]]),
        "history line 6 is damaged",
    ),
    "line repeated": (lambda f: replace_lines(f, lambda x: [*x[:6], *x[5:]]), "history line 7 repeats change 6"),
    "blank line": (lambda f: replace_lines(f, lambda x: [*x[:6], b"\n", *x[6:]]), "history line 7 is damaged"),
    "end cut off": (
        lambda f: replace_lines(f, lambda x: x[:-2]),
        "history: the history holds no sound line for changes 11",
    ),
    "cut within a line": (lambda f: truncate(history_of(f)), "bytes shorter than the last commit left it"),
    "emptied": (lambda f: history_of(f).write_bytes(b""), "no sound line for changes 1 to 12"),
    "nonsense": (lambda f: history_of(f).write_bytes(os.urandom(9999) + b"\n"), "history line 1 is damaged"),
    "deleted": (lambda f: history_of(f).unlink(), "no sound line for changes 1 to 12"),
    "deleted with the gate": (lose_gate_and_history, "no sound line for changes 1 to 12"),
    "deleted with everything beside it": (
        lambda f: shutil.rmtree(history_of(f).parent),
        "no sound line for changes 1 to 12",
    ),
    "end cut off, gate deleted": (lose_gate_and_end, "no sound line for changes 10 to 12"),
}


@pytest.mark.parametrize("name", [*TABLES, *HISTORIES])
def test_damage_is_named_and_mended(atlas: Atlas, begun: Path, name: str) -> None:
    damage, named = {**TABLES, **HISTORIES}[name]
    expected = records(begun)
    (plan,) = [plan_of(begun).read_bytes()]
    damage(begun)
    damaged_history = history_of(begun).read_bytes() if history_of(begun).exists() else b""
    left = found_at_rest(begun)

    assert any(named in line for line in found(doctor(atlas, exit_code=1))), "the doctor names it"
    assert found_at_rest(begun) == left, "looking changes nothing"

    result = doctor(atlas, "--repair", session=LEAD)
    assert result["mended"]
    assert (found(result), found(result, "warning")) == ([], [])
    assert plan_of(begun).read_bytes() == plan
    if name in HISTORIES:
        assert len(lines_of(history_of(begun))) == 1
        kept = [damaged_history] if damaged_history else []
        assert kept_aside(begun) == kept, "the damaged history is kept whole; the tables live on and need not be"
    else:
        assert history_of(begun).read_bytes() == damaged_history, "a sound history is left as it is"
    assert_whole(atlas, begun, expected)


@pytest.mark.parametrize("name", ["table truncated", "table nonsense", "table edited", "gate nonsense"])
def test_found_text_is_kept_aside(atlas: Atlas, begun: Path, name: str) -> None:
    TABLES[name][0](begun)
    text = (gate_of if name.startswith("gate") else table_of)(begun).read_bytes()
    doctor(atlas, "--repair")
    assert text in kept_aside(begun)


def test_a_folder_in_a_tables_place_is_kept_aside(atlas: Atlas, begun: Path) -> None:
    put_folder(table_of(begun))
    doctor(atlas, "--repair")
    assert kept_aside(begun) == [b"not ATLAS's"]


@pytest.mark.parametrize("name", [*TABLES])
def test_the_next_command_mends_it_too(atlas: Atlas, begun: Path, name: str) -> None:
    expected = records(begun)
    TABLES[name][0](begun)
    done = atlas("modify", "prioritize", "board", "--priority", "low")
    assert done.returncode == 0, done.stderr
    expected["modules"]["board"]["priority"] = "low"
    assert records(begun) == expected


@pytest.mark.parametrize(
    "name", ["end cut off", "emptied", "deleted", "deleted with the gate", "end cut off, gate deleted"]
)
def test_no_command_goes_on_from_a_history_that_lost_something(atlas: Atlas, begun: Path, name: str) -> None:
    HISTORIES[name][0](begun)
    left = found_at_rest(begun)
    for command in (["notify", "implementer-1", "--subject", "S", "--message", "M"], ["plan", "--abandon", "Another"]):
        done = atlas(*command)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "doctor --repair" in done.stderr or "no orchestration" in done.stderr
    assert found_at_rest(begun) == left


def test_a_new_history_says_who_repaired(atlas: Atlas, begun: Path) -> None:
    flip(begun, 5)
    doctor(atlas, "--repair", session=LEAD)
    (change,) = json.loads(atlas("history", "--json").stdout)["result"]["changes"]
    assert (change["seq"], change["verb"], change["actor"]["session"]) == (1, "repair", LEAD)


def test_what_only_a_damaged_line_held_is_lost_and_said_so(atlas: Atlas, begun: Path) -> None:
    expected = records(begun)
    flip(begun, 6)
    table_of(begun).unlink()
    damaged = history_of(begun).read_bytes()
    before = found(doctor(atlas, exit_code=1))
    assert any("line 6" in line for line in before)
    assert any("change 6" in line for line in before)
    assert any("PHASE_PROGRESS.json cannot be relied on" in line for line in before)
    mended = doctor(atlas, "--repair")["mended"]
    assert [line.split()[0] for line in mended if "could not be relied on" in line] == ["PHASE_PROGRESS.json"]
    modules = expected["modules"]
    del modules["board"]
    assert records(begun) == expected, "changed in later, sound lines: auth-core and docs are as they were"
    assert damaged in kept_aside(begun), "and what was lost can be looked for there"


def test_a_table_newer_than_the_gate_is_believed_when_the_history_is_damaged(atlas: Atlas, begun: Path) -> None:
    old_gate = gate_of(begun).read_bytes()
    assert atlas("modify", "prioritize", "docs", "--priority", "low", session=LEAD).returncode == 0
    expected = records(begun)
    gate_of(begun).write_bytes(old_gate)
    flip(begun, 6)
    doctor(atlas, "--repair", session=LEAD)
    assert_whole(atlas, begun, expected)


def test_an_edit_is_not_believed_though_the_history_is_damaged(atlas: Atlas, begun: Path) -> None:
    edit(table_of(begun), '"in_progress"', '"complete"')
    edited = table_of(begun).read_bytes()
    flip(begun, 3)
    doctor(atlas, "--repair")
    assert records(begun)["modules"]["auth-core"]["status"] == "in_progress"
    assert edited in kept_aside(begun)


def test_records_that_break_their_schema_are_not_believed(atlas: Atlas, begun: Path) -> None:
    flip(begun, 3)
    gate_of(begun).unlink()
    edit(table_of(begun), '"priority": "medium"', '"priority": "urgent"')
    doctor(atlas, "--repair")
    assert {module["priority"] for module in records(begun)["modules"].values()} == {"medium"}


def test_a_table_that_would_be_read_otherwise_than_it_says_is_not_believed(atlas: Atlas, begun: Path) -> None:
    expected = records(begun)
    flip(begun, 3)
    gate_of(begun).unlink()
    edit(table_of(begun), '\n"board"', '\n "board"')
    assert records(begun) == expected, "still JSON, and equal"
    doctor(atlas, "--repair")
    assert records(begun) == expected


def test_a_repair_that_was_killed_is_repaired(atlas: Atlas, begun: Path) -> None:
    expected = records(begun)
    flip(begun, 5)
    old = {path: path.read_bytes() for path in (gate_of(begun), table_of(begun))}
    doctor(atlas, "--repair")
    for path, data in old.items():
        path.write_bytes(data)
    doctor(atlas, exit_code=1)
    doctor(atlas, "--repair")
    assert_whole(atlas, begun, expected)


KILLED = """
import os, runpy, signal, sys
left, real = [int(sys.argv[1])], os.replace
def replace(*paths):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*paths)
os.replace = replace
sys.argv = [sys.argv[2], "--repair"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_repair_killed_at_any_step_is_finished_by_the_next(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    expected = records(begun)
    flip(begun, 5)
    edit(table_of(begun, "MESSAGES"), '"seq": 11', '"seq":  11')
    damaged = history_of(begun).read_bytes()
    step, killed = 0, True
    while killed:
        step += 1
        copy = shutil.copytree(begun, tmp_path / str(step))
        killed = run(PYTHON, "-c", KILLED, str(step), script_of("doctor"), cwd=copy).returncode == -signal.SIGKILL
        between = atlas("history", cwd=copy)
        assert "unexpected" not in between.stderr
        doctor(atlas, "--repair", cwd=copy)
        assert records(copy) == expected
        assert damaged in kept_aside(copy)
    assert step > 8, "so many files are put into place"


def test_a_repair_while_others_write(atlas: Atlas, begun: Path) -> None:
    flip(begun, 5)
    loop = 'for i in $(seq 10); do "$0" "$1" notify implementer-1 --subject S --message "$i" || exit 1; done'
    command = ["sh", "-c", loop, PYTHON, str(SCRIPTS / "atlas_cli.py")]
    with subprocess.Popen(command, cwd=begun, stdout=subprocess.DEVNULL) as writer:
        wait_for(lambda: len(records(begun)["messages"]) > 3)
        doctor(atlas, "--repair")
    assert writer.returncode == 0
    bodies = [message["body"] for message in records(begun)["messages"].values()]
    assert bodies[1:] == [str(number) for number in range(1, 11)]
    assert atlas("history").returncode == 0
    assert 1 < len(lines_of(history_of(begun))) < 10


# What killed processes leave


def go_back(folder: Path, *paths: Path) -> Callable[[], None]:
    """Returns what makes the files as they are now: as if the next command had been killed before writing them."""
    before = {path: path.read_bytes() for path in (gate_of(folder), *paths)}

    def restore() -> None:
        for path, data in before.items():
            path.write_bytes(data)

    return restore


def test_a_torn_last_line(atlas: Atlas, begun: Path) -> None:
    expected, whole = records(begun), history_of(begun).read_bytes()
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
    expected = records(begun)
    restore()
    result = doctor(atlas)
    assert any("killed after change 13" in line for line in found(result, "warning"))
    assert found(result) == []
    assert doctor(atlas, "--repair")["mended"] == ["tables and gate show change 13 of the history, its last"]
    assert records(begun) == expected


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
    expected = records(begun)
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


# What survives


def test_git_clean_stash_branches_and_a_move(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    expected = records(begun)
    (begun / "work.txt").write_text("unfinished")
    git(begun, "stash", "--include-untracked")
    assert not (begun / "work.txt").exists()
    git(begun, "switch", "--quiet", "--create", "other")
    assert found(doctor(atlas)) == found(doctor(atlas), "warning") == []
    git(begun, "clean", "-fdx")
    assert not (begun / ".claude").exists()
    assert len(found(doctor(atlas, exit_code=1))) > 4
    moved = begun.rename(tmp_path / "moved away")
    assert doctor(atlas, "--repair", cwd=moved)["warnings"] == 0
    assert records(moved) == expected
    assert atlas("status", cwd=moved).returncode == 0


def test_a_work_tree_copied_without_its_repository(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    git(copy, "init", "--quiet")
    shutil.copytree(begun / ".claude", copy / ".claude")
    doctor(atlas, "--repair", cwd=copy)
    assert records(copy) == records(begun)
    assert atlas("status", cwd=copy).returncode == 0


# A newer ATLAS


def newer_line(line: bytes) -> bytes:
    body = line[: line.rindex(b',"crc"')].replace(b'"v":1', b'"v":2', 1).replace(b'"seq":12', b'"seq":13', 1)
    return body + f',"crc":"{zlib.crc32(body):08x}"}}\n'.encode()


NEWER: dict[str, Damage] = {
    "the gate": lambda f: edit(gate_of(f), '"version": 1', '"version": 2'),
    "PHASE_PROGRESS.json": lambda f: edit(table_of(f), '"version": 1', '"version": 2'),
    "history line 13": lambda f: replace_lines(f, lambda lines: [*lines, newer_line(lines[-1])]),
}


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_version_is_refused_by_name_and_left_alone(atlas: Atlas, begun: Path, name: str) -> None:
    NEWER[name](begun)
    left = found_at_rest(begun)
    assert found(doctor(atlas, exit_code=1)) == [
        f"state: {name} has state version 2, this ATLAS knows 1: update the plugin"
    ]
    for command in (["doctor", "--repair"], ["status"], ["modify", "prioritize", "board", "--priority", "low"]):
        done = atlas(*command)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert f"{name} has state version 2" in done.stderr
    assert found_at_rest(begun) == left


# Who may


def hide_sessions(folder: Path) -> None:
    table_of(folder, "WORKFLOW_STATE").unlink()
    flip(folder, 3)


def hide_binding(folder: Path) -> None:
    """Damage the line of the history that made the worker's session the agent's: only the table knows it now."""
    flip(folder, 11)


@pytest.mark.parametrize(
    "damage", [lambda f: f, HISTORIES["byte flipped"][0], TABLES["gate nonsense"][0], hide_sessions, hide_binding]
)
def test_a_worker_looks_and_does_not_repair(atlas: Atlas, begun: Path, damage: Damage) -> None:
    damage(begun)
    left = found_at_rest(begun)
    refused = atlas("doctor", "--repair", session=WORKER)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "implementer-1 may not use 'repair'" in refused.stderr
    assert "Python" in atlas("doctor", session=WORKER).stdout
    assert found_at_rest(begun) == left
    assert atlas("doctor", "--repair", session=LEAD).returncode == 0


def test_a_worker_in_its_workspace_does_not_repair_and_the_workspace_outlives_the_repair(
    atlas: Atlas, begun: Path
) -> None:
    assert atlas("assign", "board", "implementer-1", "--force").returncode == 0
    workspace = begun / ".claude" / "worktrees" / "board"
    expected = records(begun)
    flip(begun, 5)
    refused = atlas("doctor", "--repair", cwd=workspace)
    assert refused.returncode == 1
    assert "implementer-1 may not use 'repair'" in refused.stderr
    doctor(atlas, "--repair")
    assert_whole(atlas, begun, expected)
    assert (workspace / "README.md").exists()


# Records and the plan


def test_records_that_do_not_fit(atlas: Atlas, begun: Path) -> None:
    for path in (history_of(begun), gate_of(begun)):
        path.unlink()
    edit(table_of(begun), '"dependencies": ["auth-core"]', '"dependencies": ["nowhere"]')
    problems = found(doctor(atlas, exit_code=1))
    assert "records: module board depends on 'nowhere', which does not exist" in problems
    assert found(doctor(atlas, "--repair", exit_code=1)) == [
        "records: module board depends on 'nowhere', which does not exist"
    ], "what it cannot mend is left, and makes exit code 1"
    assert atlas("modify", "modify", "board", "--remove-depends-on", "nowhere").returncode == 0
    doctor(atlas)


def test_a_record_that_breaks_its_schema(atlas: Atlas, begun: Path) -> None:
    line = lines_of(history_of(begun))[-1]
    body = line[: line.rindex(b',"crc"')].replace(b'"seq":12', b'"seq":13', 1)
    body = body.replace(b'"verification_loops": 0', b'"verification_loops": -1')
    with history_of(begun).open("ab") as file:
        file.write(body + f',"crc":"{zlib.crc32(body):08x}"}}\n'.encode())
    assert found(doctor(atlas, "--repair", exit_code=1)) == [
        "records: module auth-core: verification_loops: -1 is less than the minimum of 0"
    ]


def test_a_damaged_plan_is_named_and_left_as_it_is(atlas: Atlas, repo: Path) -> None:
    assert atlas("plan", "Build a shop").returncode == 0
    assert any("holds 0 modules" in line for line in found(doctor(atlas), "ok"))
    text = plan_of(repo).read_text("utf-8").replace("goal: ", "goal: [", 1)
    plan_of(repo).write_text(text, "utf-8")
    (line,) = found(doctor(atlas, "--repair", exit_code=1))
    assert line.startswith("plan: orchestrator-plan-phase.local.md, line ")
    assert plan_of(repo).read_text("utf-8") == text


# The environment


def fake_git(folder: Path, version: str) -> dict[str, str]:
    folder.mkdir()
    answer = f'case " $* " in *" version "*) echo "git version {version}" ;; *) exit 1 ;; esac'
    (folder / "git").write_text(f"#!/bin/sh\n{answer}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_git_too_old_or_missing(atlas: Atlas, repo: Path, tmp_path: Path) -> None:
    for version, warned in (("2.37.9", True), ("2.38.0", False), ("3.0.1.windows.1", False)):
        result = doctor(atlas, env=fake_git(tmp_path / version, version))
        assert any(line.startswith(f"git: {version[:6]}") for line in found(result, "warning")) is warned
    empty = tmp_path / "empty"
    empty.mkdir()
    assert found(doctor(atlas, env={"PATH": str(empty)}, exit_code=1)) == [
        "git: git was not found: install git 2.38 or newer"
    ]


def test_packages_that_are_not_there(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    elsewhere = {"XDG_DATA_HOME": str(tmp_path / "data")}
    warned = found(doctor(atlas, env=elsewhere), "warning")
    assert any("not made yet" in line for line in warned)
    assert any("records: not checked" in line for line in warned)
    flip(begun, 5)
    assert any("history line 5" in line for line in found(doctor(atlas, env=elsewhere, exit_code=1)))
    assert not (tmp_path / "data").exists(), "looking does not begin to make them"
