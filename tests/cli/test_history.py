"""`atlas history`: who did what when, and whether the tables are what it led to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Atlas, script_of
from tests.kit.state import LEAD, WORKER, gate_of, history_of, records, snapshot, table_of
from tests.support import PYTHON, run_read_only

CHANGES = 12


def shown(atlas: Atlas, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    done = atlas("history", "--json", *arguments)
    assert done.returncode == exit_code, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


def sequence(result: dict[str, Any]) -> list[int]:
    return [change["seq"] for change in result["changes"]]


@pytest.mark.usefixtures("begun")
def test_every_change_with_its_actor_newest_last(atlas: Atlas) -> None:
    result = shown(atlas)
    assert sequence(result) == list(range(1, CHANGES + 1))
    assert (result["total"], result["equal"], result["faults"]) == (CHANGES, True, [])
    first, *_, read, last = result["changes"]
    assert first["verb"] == "plan"
    assert {"kind": "plan", "id": "plan", "status": None} in first["records"]
    assert (read["actor"]["role"], read["actor"]["session"]) == ("person", WORKER), "which reading made a worker"
    assert last["actor"] == {"role": "lead", "agent": None, "session": LEAD}
    assert {"kind": "module", "id": "auth-core", "status": "in_progress"} in last["records"]
    text = atlas("history").stdout.splitlines()
    assert "lead (session lead-1)  report: implementer-1 reported auth-core: started" in text[-3]
    assert text[-1] == f"The tables equal the replay of {CHANGES} changes."


@pytest.mark.usefixtures("begun")
def test_the_last_twenty_or_as_many_as_wanted(atlas: Atlas) -> None:
    for number in range(10):
        assert atlas("notify", "implementer-1", "--subject", "S", "--message", str(number)).returncode == 0
    assert sequence(shown(atlas)) == list(range(3, 23))
    assert sequence(shown(atlas, "--limit", "1")) == [22]
    assert len(sequence(shown(atlas, "--limit", "999"))) == 22


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5", "٣", "9999999999"])
def test_a_limit_that_is_no_number(atlas: Atlas, limit: str) -> None:
    done = atlas("history", f"--limit={limit}")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "--limit" in done.stderr


def test_only_what_is_asked_for(atlas: Atlas, begun: Path) -> None:
    assert sequence(shown(atlas, "--verb", "register")) == [7, 8]
    assert sequence(shown(atlas, "--verb", "register", "--limit", "1")) == [8]
    assert sequence(shown(atlas, "--about", "auth-core")) == [2, 6, 9, 12], "planned, created, assigned, reported on"
    assert sequence(shown(atlas, "--about", "dev-alice")) == [8, 10]
    assert sequence(shown(atlas, "--about", WORKER)) == [11], "what the session did"
    message = next(iter(records(begun)["messages"]))
    assert sequence(shown(atlas, "--about", message)) == [9, 11], "sent, seen"
    assert sequence(shown(atlas, "--about", "nobody")) == []
    assert "No change fits." in atlas("history", "--about", "nobody").stdout
    refused = atlas("history", "--verb", "status")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)


@pytest.mark.usefixtures("begun")
def test_removed_records_are_shown_as_such(atlas: Atlas) -> None:
    assert atlas("modify", "remove", "board").returncode == 0
    assert {"kind": "module", "id": "board", "status": "removed"} in shown(atlas)["changes"][-1]["records"]
    assert "modify: board removed" in atlas("history").stdout


def test_a_table_edited_by_hand_differs(atlas: Atlas, begun: Path) -> None:
    table = table_of(begun)
    table.write_text(table.read_text("utf-8").replace('"name": "Board"', '"name": "Bored"'), "utf-8")
    assert shown(atlas, exit_code=1)["differences"] == ["PHASE_PROGRESS.json: module board differs"]
    assert "module board differs" in atlas("history").stdout


def test_records_that_are_missing_or_too_many(atlas: Atlas, begun: Path) -> None:
    table = table_of(begun)
    lines = table.read_text("utf-8").splitlines()
    board = next(number for number, line in enumerate(lines) if line.startswith('"board"'))
    lines[board] = lines[board].replace("board", "bored")
    table.write_text("\n".join(lines) + "\n", "utf-8")
    differences = shown(atlas, exit_code=1)["differences"]
    assert sorted(differences) == [
        "PHASE_PROGRESS.json: module board is missing",
        "PHASE_PROGRESS.json: module bored is in no change",
    ]


@pytest.mark.parametrize(
    ("content", "what"), [(None, "is missing"), (b"", "is not a table"), (b"[1, 2]", "is not a table")]
)
def test_a_table_that_is_no_table(atlas: Atlas, begun: Path, content: bytes | None, what: str) -> None:
    table_of(begun).unlink()
    if content is not None:
        table_of(begun).write_bytes(content)
    (difference,) = shown(atlas, exit_code=1)["differences"]
    assert difference.startswith(f"PHASE_PROGRESS.json {what}")


def test_order_does_not_count(atlas: Atlas, begun: Path) -> None:
    head, first, second, *rest = table_of(begun).read_text("utf-8").splitlines()[1:]
    assert first.startswith('"auth-core"')
    assert second.startswith('"board"')
    lines = [table_of(begun).read_text("utf-8").splitlines()[0], head, second, first, *rest]
    table_of(begun).write_text("\n".join(lines) + "\n", "utf-8")
    assert shown(atlas)["equal"]


def test_a_damaged_line_is_named_and_the_others_are_shown(atlas: Atlas, begun: Path) -> None:
    lines = history_of(begun).read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"requirement", b"requirememt")
    history_of(begun).write_bytes(b"".join(lines))
    result = shown(atlas, exit_code=1)
    assert "history line 3 is damaged" in result["faults"][0]
    assert any("change 3" in fault for fault in result["faults"])
    assert sequence(result) == [1, 2, *range(4, CHANGES + 1)]
    text = atlas("history")
    assert text.returncode == 1
    assert "history line 3 is damaged" in text.stdout


def test_a_shortened_history(atlas: Atlas, begun: Path) -> None:
    lines = history_of(begun).read_bytes().splitlines(keepends=True)
    history_of(begun).write_bytes(b"".join(lines[:-2]))
    faults = shown(atlas, exit_code=1)["faults"]
    assert f"changes {CHANGES - 1} to {CHANGES}" in faults[0]
    assert f"{len(lines[-1]) + len(lines[-2])} bytes shorter" in faults[1]


def test_an_unfinished_line_was_never_acknowledged(atlas: Atlas, begun: Path) -> None:
    with history_of(begun).open("ab") as file:
        file.write(b'{"v":1,"seq":13,"at"')
    before = snapshot(begun)
    result = shown(atlas)
    assert (result["unfinished_bytes"], result["equal"], result["faults"]) == (20, True, [])
    assert "unfinished change of 20 bytes" in atlas("history").stdout
    assert snapshot(begun) == before


def test_it_changes_nothing(atlas: Atlas, begun: Path) -> None:
    before = snapshot(begun)
    shown(atlas)
    assert snapshot(begun) == before


def test_a_read_only_project_is_shown(begun: Path) -> None:
    done = run_read_only(
        begun,
        PYTHON,
        "-c",
        f"import os, sys; os.chdir({str(begun)!r}); os.execv(sys.executable, "
        f"[sys.executable, {str(script_of('history'))!r}])",
    )
    assert done.returncode == 0, done.stderr
    assert "equal the replay" in done.stdout


def test_no_orchestration_yet(atlas: Atlas, repo: Path) -> None:
    done = atlas("history")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "no orchestration" in done.stderr
    assert not (repo / ".git" / "atlas").exists()


def test_a_newer_version_is_refused_by_name(atlas: Atlas, begun: Path) -> None:
    gate_of(begun).write_text(gate_of(begun).read_text("utf-8").replace('"version": 2', '"version": 3'), "utf-8")
    done = atlas("history")
    assert (done.returncode, done.stdout) == (1, "")
    assert "version 3" in done.stderr


def test_what_it_shows_is_one_moment_while_others_write(atlas: Atlas, begun: Path) -> None:
    loop = 'for i in $(seq 12); do "$0" "$1" notify implementer-1 --subject S --message "$i" || exit 1; done'
    script = script_of("notify").parent / "atlas_cli.py"
    with subprocess.Popen(["sh", "-c", loop, PYTHON, script], cwd=begun, stdout=subprocess.DEVNULL) as writer:
        seen = []
        while writer.poll() is None:
            seen.append(shown(atlas)["total"])
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert shown(atlas)["total"] == CHANGES + 12
