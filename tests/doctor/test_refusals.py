"""What the doctor leaves alone: a newer state, what a worker may not do, and what only people can mend."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from tests.conftest import Atlas
from tests.kit.state import LEAD, WORKER, gate_of, history_of, plan_of, table_of, unnumbered_records

from .damage import (
    HISTORIES,
    TABLES,
    Damage,
    assert_whole,
    doctor,
    edit,
    flip,
    found,
    found_at_rest,
    lines_of,
    replace_lines,
)

# A newer ATLAS


def newer_line(line: bytes) -> bytes:
    body = line[: line.rindex(b',"crc"')].replace(b'"v":2', b'"v":3', 1).replace(b'"seq":12', b'"seq":13', 1)
    return body + f',"crc":"{zlib.crc32(body):08x}"}}\n'.encode()


NEWER: dict[str, Damage] = {
    "the gate": lambda f: edit(gate_of(f), '"version": 2', '"version": 3'),
    "PHASE_PROGRESS.json": lambda f: edit(table_of(f), '"version": 2', '"version": 3'),
    "history line 13": lambda f: replace_lines(f, lambda lines: [*lines, newer_line(lines[-1])]),
}


@pytest.mark.parametrize("name", NEWER)
def test_a_newer_version_is_refused_by_name_and_left_alone(atlas: Atlas, begun: Path, name: str) -> None:
    NEWER[name](begun)
    left = found_at_rest(begun)
    assert found(doctor(atlas, exit_code=1)) == [
        f"state: {name} has state version 3, this ATLAS knows 2: update the plugin"
    ]
    for command in (["doctor", "--repair"], ["status"], ["modify", "prioritize", "board", "--priority", "low"]):
        done = atlas(*command)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert f"{name} has state version 3" in done.stderr
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
    expected = unnumbered_records(begun)
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
