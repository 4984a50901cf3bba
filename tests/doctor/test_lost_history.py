"""A history that cannot be relied on: what a new one begins with, also when that is interrupted or others write."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Atlas, script_of
from tests.kit.state import LEAD, gate_of, history_of, kept_aside, records, table_of, unnumbered_records
from tests.support import PACE, PYTHON, SCRIPTS, run, wait_for

from .damage import assert_whole, doctor, edit, flip, found, lines_of


def test_a_new_history_says_who_repaired(atlas: Atlas, begun: Path) -> None:
    flip(begun, 5)
    doctor(atlas, "--repair", session=LEAD)
    (change,) = json.loads(atlas("history", "--json").stdout)["result"]["changes"]
    assert (change["seq"], change["verb"], change["actor"]["session"]) == (1, "repair", LEAD)


def test_what_only_a_damaged_line_held_is_lost_and_said_so(atlas: Atlas, begun: Path) -> None:
    expected = unnumbered_records(begun)
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
    assert unnumbered_records(begun) == expected, "changed in later, sound lines: auth-core and docs are as they were"
    assert damaged in kept_aside(begun), "and what was lost can be looked for there"


def test_a_table_newer_than_the_gate_is_believed_when_the_history_is_damaged(atlas: Atlas, begun: Path) -> None:
    old_gate = gate_of(begun).read_bytes()
    assert atlas("modify", "prioritize", "docs", "--priority", "low", session=LEAD).returncode == 0
    expected = unnumbered_records(begun)
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
    expected = unnumbered_records(begun)
    flip(begun, 3)
    gate_of(begun).unlink()
    edit(table_of(begun), '\n"board"', '\n "board"')
    assert unnumbered_records(begun) == expected, "still JSON, and equal"
    doctor(atlas, "--repair")
    assert unnumbered_records(begun) == expected


def test_a_repair_that_was_killed_is_repaired(atlas: Atlas, begun: Path) -> None:
    expected = unnumbered_records(begun)
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


@pytest.mark.torture
def test_a_repair_killed_at_any_step_is_finished_by_the_next(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    expected = unnumbered_records(begun)
    flip(begun, 5)
    edit(table_of(begun, "MESSAGES"), '"seq": 11', '"seq":  11')
    damaged = history_of(begun).read_bytes()
    step, killed = 0, True
    while killed:
        step += PACE
        copy = shutil.copytree(begun, tmp_path / str(step))
        killed = run(PYTHON, "-c", KILLED, str(step), script_of("doctor"), cwd=copy).returncode == -signal.SIGKILL
        between = atlas("history", cwd=copy)
        assert "unexpected" not in between.stderr
        doctor(atlas, "--repair", cwd=copy)
        assert unnumbered_records(copy) == expected
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
