"""A project of version 1 is brought forward by its first command: whole, once, and whatever happens on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import checkpoint, log, recovery, replay, tables
from atlas.core.errors import NewerStateError
from atlas.core.records.kinds import (
    AGENT,
    ASSIGNMENT,
    DISCOVERY,
    EVIDENCE,
    MESSAGE,
    MODULE,
    QUESTION,
    REPETITION,
    REPORT,
    SESSION,
    WORKFLOW,
    Kind,
)
from atlas.core.records.whole import whole_assignments, whole_modules
from atlas.services.assignments import agents
from tests.kit.orchestrations import all_files, aside, assert_whole, context, copy, project_of, records
from tests.kit.state import gate_of, history_of, snapshot, table_of
from tests.last_version.stored import ARCHIVE, PLUGIN, PROJECT, unpack
from tests.support import PACE, PYTHON, ROOT, SCRIPTS, git, run, run_read_only

from .nursery import DISTURBED, Job, Nursery
from .test_kill import MOST_STEPS


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored") / "a shop"
    unpack(ARCHIVE, folder, {PROJECT: folder, PLUGIN: ROOT})
    return folder


@pytest.fixture
def shop(stored: Path, tmp_path: Path) -> Path:
    """A project as version 1 left it."""
    return copy(stored, tmp_path / "a shop")


@pytest.fixture
def small(stored: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some of its records in a project without sessions, workspaces and mail, so that there is less to strike at."""
    project = project_of(repo)
    os.makedirs(project.private)
    known = {kind: old_records(stored, kind) for kind in ("mission", "workflow", "module", "agent", "assignment")}
    for workflow in known["workflow"].values():
        workflow["lead"] = None
    with monkeypatch.context() as patch:
        older(patch)
        for seq, (kind, found) in enumerate(known.items(), 1):
            changed: Any = {key: json.dumps(record) for key, record in found.items()}
            line = log.encode_entry(seq, "2026-01-01T00:00:00Z", None, "test", {kind: changed})
            log.append_line(project.history, line, log.history_size(project.history))
        context(repo).store.read(lambda tx: tx.only(WORKFLOW))
    assert b'"version": 1' in table_of(repo).read_bytes()
    assert b'"version": 1' in gate_of(repo).read_bytes()
    return repo


def entries(repo: Path) -> list[log.Entry]:
    return list(log.read_entries(project_of(repo).history))


def old_records(repo: Path, kind: str) -> dict[str, Any]:
    """The records of a kind as the lines of version 1 leave them."""
    found: dict[str, Any] = {}
    for entry in entries(repo):
        if entry["v"] == 1:
            found.update(entry["records"].get(kind) or {})
    return {key: record for key, record in found.items() if record is not None}


COMMANDS = {
    "reading": ("status",),
    "writing": ("notify", "implementer-1", "--subject", "S", "--message", "M"),
    "what changes nothing": ("lead",),
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_the_first_command_adds_one_line_and_keeps_the_others(shop: Path, words: tuple[str, ...]) -> None:
    before, count = history_of(shop).read_bytes(), len(entries(shop))
    done = run(PYTHON, SCRIPTS / "atlas_cli.py", *words, cwd=shop)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert history_of(shop).read_bytes().startswith(before)
    line = entries(shop)[count]
    assert (line["v"], line["verb"]) == (2, "migrate")
    assert line["actor"] == {"role": "atlas", "agent": None, "session": None}
    assert [entry["verb"] for entry in entries(shop)].count("migrate") == 1
    assert_whole(shop)
    assert aside(shop) == []
    assert git(shop, "status", "--porcelain", ".claude") == ""
    shown = run(PYTHON, SCRIPTS / "atlas_cli.py", "history", "--limit", "1000", "--json", cwd=shop)
    changes = json.loads(shown.stdout)["result"]["changes"]
    assert [change["seq"] for change in changes] == list(range(1, len(entries(shop)) + 1))


def test_nothing_that_was_said_is_lost_and_each_row_names_the_change_that_made_it(shop: Path) -> None:
    modules, assignments = old_records(shop, "module"), old_records(shop, "assignment")
    tx = assert_whole(shop).transaction()
    shown = {one["task_uuid"]: one for one in whole_assignments(tx, tx.all(ASSIGNMENT))}
    assert shown == assignments
    for evidence in (one for module in modules.values() for one in module["evidence"]):
        evidence.update(no_commit=None, override=None)  # fields that version 1 did not have
    assert {one["id"]: one for one in whole_modules(tx, tx.all(MODULE))} == modules
    kinds: tuple[Kind[Any], ...] = (REPORT, QUESTION, REPETITION, EVIDENCE)
    rows = [row for kind in kinds for row in tx.all(kind)]
    assert {row["row"].split("-")[-2] for row in rows} == {"report", "question", "repetition", "evidence"}
    by_verb = {"report": "report", "question": "ask", "repetition": "repeat", "evidence": "complete"}
    lines = {entry["seq"]: entry for entry in entries(shop)}
    for row in rows:
        assert lines[row["seq"]]["verb"] == by_verb[row["row"].split("-")[-2]]
        assert lines[row["seq"]]["at"] in (row.get("at"), row.get("asked_at"))
    for assignment in tx.all(ASSIGNMENT):
        said = tx.where(REPORT, task_uuid=assignment["task_uuid"])
        latest = {"number": len(said), **{name: said[-1][name] for name in ("seq", "at", "kind")}} if said else None
        assert assignment["reported"] == latest


def problems_of_state(findings: list[Any]) -> list[Any]:
    """What a doctor finds wrong, but with places and rights: those of a stored project are not what they were."""
    return [one for one in findings if one["level"] != "ok" and one["about"] not in ("workspaces", "modes")]


def test_what_only_looks_at_everything_leaves_it_as_it_was(shop: Path) -> None:
    before = snapshot(shop)
    for words in (("history",), ("doctor",)):
        found = json.loads(run(PYTHON, SCRIPTS / "atlas_cli.py", *words, "--json", cwd=shop).stdout)["result"]
        assert found.get("differences", []) == []
        assert problems_of_state(found.get("findings", [])) == []
    assert snapshot(shop) == before


@pytest.mark.torture
@pytest.mark.parametrize("how", ["die", "tear"])
def test_killed_at_every_step_it_is_whole(small: Path, tmp_path: Path, nursery: Nursery, how: str) -> None:
    before, count = history_of(small).read_bytes(), len(entries(small))
    moved = set()
    for step in range(1, MOST_STEPS, PACE):
        victim = copy(small, tmp_path / "victim")
        (code,) = nursery.run(Job("observe", victim, 1, accident=(step, how)))
        moved.add(len(entries(victim)) > count)
        assert_whole(victim)
        assert history_of(victim).read_bytes().startswith(before)
        assert [entry["verb"] for entry in entries(victim)[count:]] == ["migrate"]
        if code == 0:
            break
    else:
        pytest.fail(f"still killed at step {MOST_STEPS}")
    assert moved == {False, True}


@pytest.mark.torture
def test_on_a_full_disk_nothing_changes_or_it_is_made_good(small: Path, tmp_path: Path, nursery: Nursery) -> None:
    count, refused = len(entries(small)), 0
    for step in range(1, MOST_STEPS, PACE):
        victim = copy(small, tmp_path / "victim")
        before = all_files(victim)
        (code,) = nursery.run(Job("observe", victim, 1, accident=(step, "full")))
        if code == 0:
            break
        assert code in (1, DISTURBED)
        if code == 1 and len(entries(victim)) == count:
            refused += 1
            assert len(nursery.lines()) == 1
            assert all_files(victim) == before
        assert_whole(victim)
        assert len(entries(victim)) == count + 1
    else:
        pytest.fail(f"still in trouble at step {MOST_STEPS}")
    assert refused > 3 // PACE


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: mounts a file system")
def test_a_file_system_that_is_read_only(shop: Path) -> None:
    before = snapshot(shop)
    done = run_read_only(shop, PYTHON, SCRIPTS / "atlas_cli.py", "status")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done
    assert snapshot(shop) == before


def lose_the_gate(repo: Path) -> None:
    gate_of(repo).unlink()


def lose_tables(repo: Path) -> None:
    table_of(repo, "PARALLEL_STATUS").unlink()
    table_of(repo).write_text("{ damaged")


def tear_the_history(repo: Path) -> None:
    with open(history_of(repo), "ab") as file:
        file.write(b'{"v":1,"seq":')


@pytest.mark.parametrize("damage", [lose_the_gate, lose_tables, tear_the_history])
def test_what_was_damaged_before_is_mended_too(shop: Path, damage: Callable[[Path], None]) -> None:
    wanted = assert_whole(copy(shop, shop.parent / "sound"))
    damage(shop)
    found = assert_whole(shop)
    assert found.seq == wanted.seq
    for kind in (ASSIGNMENT, MODULE, REPORT, EVIDENCE):
        assert records(found, kind) == records(wanted, kind)


def test_a_damaged_history_of_version_1_is_repaired_with_all_that_the_tables_hold(shop: Path) -> None:
    wanted = assert_whole(copy(shop, shop.parent / "sound"))
    lines = history_of(shop).read_bytes().splitlines(keepends=True)
    history_of(shop).write_bytes(b"".join([*lines[:3], b"x" + lines[3][1:], *lines[4:]]))
    before = all_files(shop)
    done = run(PYTHON, SCRIPTS / "atlas_cli.py", "status", cwd=shop)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert all_files(shop) == before
    done = run(PYTHON, SCRIPTS / "atlas_cli.py", "doctor", "--repair", "--json", cwd=shop)
    assert problems_of_state(json.loads(done.stdout)["result"]["findings"]) == []
    found = assert_whole(shop)
    assert whole_assignments(found.transaction(), found.transaction().all(ASSIGNMENT)) == whole_assignments(
        wanted.transaction(), wanted.transaction().all(ASSIGNMENT)
    )
    assert {row["seq"] for row in records(found, REPORT).values()} == {1}, "they are of the one line that there is"


def older(monkeypatch: pytest.MonkeyPatch) -> None:
    """What knows version 1 only."""
    for module in (checkpoint, log, recovery, replay, tables):
        if hasattr(module, "STATE_VERSION"):
            monkeypatch.setattr(module, "STATE_VERSION", 1)


def test_an_older_atlas_refuses_the_new_state_by_name(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_whole(shop)
    before = all_files(shop)
    older(monkeypatch)
    for lost in (None, gate_of(shop), table_of(shop)):
        if lost is not None:
            lost.unlink()
        left = all_files(shop)
        with pytest.raises(NewerStateError, match="version 2, this ATLAS knows 1: update the plugin"):
            context(shop).store.read(lambda tx: tx.only(WORKFLOW))
        with pytest.raises(NewerStateError, match="update the plugin"):
            agents.register_agent(context(shop), "ai", "next")
        assert all_files(shop) == left
    assert set(before) > set(left)


def test_records_name_the_changes_that_made_them_and_gave_them_what_they_have(shop: Path) -> None:
    tx = assert_whole(shop).transaction()
    lines = [entry for entry in entries(shop) if entry["v"] == 1]
    kinds: tuple[Kind[Any], ...] = (ASSIGNMENT, MESSAGE, DISCOVERY)
    found = [(kind, record) for kind in kinds for record in tx.all(kind)]
    assert {kind.name for kind, _ in found} == {"assignment", "message", "discovery"}
    for kind, record in found:
        holding = [line["seq"] for line in lines if kind.id_of(record) in line["records"].get(kind.name, {})]
        assert record["seq"] == holding[0]
    since: dict[Kind[Any], tuple[str, str]] = {
        SESSION: ("ended_seq", "ended_at"),
        AGENT: ("seen_seq", "last_seen"),
        WORKFLOW: ("lead_seq", "lead_since"),
    }
    for kind, (number, field) in since.items():
        for record in tx.all(kind):
            first = next(
                (
                    line["seq"]
                    for line in lines
                    if (line["records"].get(kind.name, {}).get(kind.id_of(record)) or {}).get(field) == record[field]
                ),
                None,
            )
            assert record[number] == (None if record[field] is None else first)
