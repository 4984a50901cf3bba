"""Files truncated, emptied, deleted, edited to nonsense or replaced: repaired from the history, or one clear line."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import log
from atlas.board import status
from atlas.core.errors import AtlasError, StateError
from atlas.core.paths import EXEC_FILE, PLAN_FILE
from atlas.core.records.kinds import FILES, KINDS, SESSION
from atlas.services.assignments import agents, reports
from atlas.services.messages import inbox
from atlas.services.plan import approval, beginning
from tests.kit.orchestrations import (
    all_files,
    aside,
    assert_whole,
    assign,
    context,
    copy,
    plan_modules,
    project_of,
    records,
    refusal,
    start,
)
from tests.support import git, leave_fact, make_repository

TABLES = [file for file in FILES if file not in ("DISCOVERIES.json", "EVIDENCE.json")]
ELSEWHERE = b"somebody else's"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repo = make_repository(tmp_path_factory.mktemp("template") / "project")
    start(repo, ["m0", "m1"])
    agents.register_agent(context(repo), "ai", "first", "first")
    assign(context(repo), "m0", "first")
    reports.report_module(context(repo), "m0", "started", "at once")
    return repo


@pytest.fixture
def busy(template: Path, tmp_path: Path) -> Path:
    """An orchestration with something in every table but those of discoveries and evidence."""
    return copy(template, tmp_path / "a project")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def delete(path: Path) -> None:
    path.unlink()


def scribble(path: Path) -> None:
    path.write_bytes(b"\xff\xfe nonsense {{{ \x00")


def other_json(path: Path) -> None:
    path.write_text('{"modules": [1, 2, {"m0": null}], "atlas": 7}')


def edit_a_value(path: Path) -> None:
    """What somebody might do to get on: as well-formed as before."""
    text = path.read_bytes()
    path.write_bytes(text.replace(b'"seq": ', b'"seq": 1').replace(b'"status": "', b'"status": "in_'))


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_bytes(ELSEWHERE)


def link_elsewhere(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere.txt"
    elsewhere.write_bytes(ELSEWHERE)
    path.unlink()
    path.symlink_to(elsewhere)


def link_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def link_to_a_folder(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent)


DAMAGES = [
    *(truncate, empty, delete, scribble, other_json, edit_a_value),
    *(make_a_folder, link_elsewhere, link_nowhere, link_to_itself, link_to_a_folder),
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_damaged_table_is_rebuilt(
    busy: Path, damage: Callable[[Path], None], verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_of(busy)
    for file in TABLES:
        path = Path(project.claude) / file
        before = all_files(busy)
        damage(path)
        found = path.read_bytes() if path.is_file() else ELSEWHERE
        capsys.readouterr()
        if verb == "read":
            context(busy).store.read(lambda tx: [tx.all(kind) for kind in KINDS.values()])
        else:
            context(busy).store.transact("register", lambda tx: None, lambda tx: [tx.table(file) for file in FILES])
        assert all_files(busy) == before
        notes = capsys.readouterr().err.splitlines()
        assert notes
        assert all(note.startswith(f"atlas: note: {file} was ") for note in notes)
        lost = damage in (delete, link_nowhere, link_to_itself, link_to_a_folder)
        assert lost or found in aside(busy), f"{file}: what was found is not kept"
        assert (busy / "elsewhere.txt").exists() == (damage is link_elsewhere)
        shutil.rmtree(project.aside, ignore_errors=True)
    assert_whole(busy)


def test_all_tables_at_once(busy: Path) -> None:
    before = all_files(busy)
    shutil.rmtree(project_of(busy).claude)
    assert status.board_status(context(busy))["modules_total"] == 2
    assert all_files(busy) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_file_that_people_read_is_rendered_again(busy: Path, damage: Callable[[Path], None]) -> None:
    path = Path(project_of(busy).claude) / EXEC_FILE
    damage(path)
    agents.register_agent(context(busy), "ai", "next")
    assert_whole(busy)
    assert agents.register_agent(context(busy), "ai", "another")["created"]
    assert_whole(busy)


@pytest.mark.parametrize("damage", [delete, make_a_folder, link_nowhere, link_to_a_folder, link_to_itself])
def test_a_missing_plan_is_restored_by_the_next_change(repo: Path, damage: Callable[[Path], None]) -> None:
    plan_modules(repo, ["m0"])
    path = Path(project_of(repo).plan)
    text = path.read_bytes()
    damage(path)
    approval.approve_plan(context(repo), dry_run=True)
    assert path.read_bytes() == text
    assert damage is not make_a_folder or ELSEWHERE in aside(repo)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_gate_is_made_anew(busy: Path, damage: Callable[[Path], None]) -> None:
    before = all_files(busy)
    damage(Path(project_of(busy).checkpoint))
    assert status.board_status(context(busy))["modules_total"] == 2
    assert all_files(busy) == before
    assert_whole(busy)


@pytest.mark.parametrize("damage", [truncate, empty, delete, scribble])
def test_a_shortened_history_is_refused_in_one_line(busy: Path, damage: Callable[[Path], None]) -> None:
    """It is the truth: nothing goes on without it, and nothing is thrown away."""
    damage(Path(project_of(busy).history))
    before = all_files(busy)
    calls: list[Callable[[], Any]] = [
        lambda: status.board_status(context(busy)),
        lambda: agents.register_agent(context(busy), "ai", "next"),
    ]
    for call in calls:
        assert re.search(r"history.*doctor --repair", refusal(call) or "")
    assert all_files(busy) == before


def test_a_changed_byte_in_the_history_is_found_by_its_line(busy: Path) -> None:
    project = project_of(busy)
    data = Path(project.history).read_bytes()
    lines = data.splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"verb"', b'"berv"')
    Path(project.history).write_bytes(b"".join(lines))
    Path(project.claude, "MESSAGES.json").unlink()
    before = all_files(busy)
    with pytest.raises(StateError, match="history line 3 is damaged"):
        inbox.read_inbox(context(busy), "first", keep_unread=True)
    assert all_files(busy) == before


@pytest.mark.parametrize("tail", [b"{", b'{"v":1,"seq":99,"at":', b"\x00" * 500, "½".encode()])
def test_half_a_line_at_the_end_of_the_history_goes_aside(busy: Path, tail: bytes) -> None:
    """What a process that died while writing leaves: the change was never acknowledged."""
    before = all_files(busy)
    with open(project_of(busy).history, "ab") as file:
        file.write(tail)
    assert status.board_status(context(busy))["modules_total"] == 2
    assert all_files(busy) == before
    assert aside(busy) == [tail]
    assert agents.register_agent(context(busy), "ai", "next")["created"]
    assert_whole(busy)


def test_two_lines_that_were_swapped_are_refused(busy: Path) -> None:
    project = project_of(busy)
    lines = Path(project.history).read_bytes().splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    Path(project.history).write_bytes(b"".join(lines))
    Path(project.checkpoint).unlink()
    with pytest.raises(StateError, match="history line 2 has sequence number 3"):
        status.board_status(context(busy))


@pytest.mark.parametrize(
    "line", [b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b'{"fact": 3}', b'{"fact": "presence", "at": "yesterday"}']
)
def test_nonsense_in_a_spool_wedges_nobody(busy: Path, line: bytes) -> None:
    folder = Path(project_of(busy).spool)
    folder.mkdir(mode=0o700)
    (folder / "some-session.jsonl").write_bytes(line + b"\n")
    (folder / "No Session!.jsonl").write_bytes(line + b"\n")
    (folder / "a-folder.jsonl").mkdir()
    assert agents.register_agent(context(busy), "ai", "next")["created"]
    assert_whole(busy)


def test_a_fact_that_was_cut_short_takes_no_other_with_it(busy: Path) -> None:
    project = project_of(busy)
    leave_fact(project.private, "some-session", {"fact": "decision", "rule": "r"})
    with open(os.path.join(project.spool, "some-session.jsonl"), "ab") as file:
        file.write(b'\n{"fact":"deci')
    agents.register_agent(context(busy), "ai", "next")
    leave_fact(project.private, "some-session", {"fact": "decision", "rule": "r"})
    agents.register_agent(context(busy), "ai", "another")
    assert records(assert_whole(busy), SESSION)["some-session"]["decisions"] == {"r": 2}


def test_cleaning_stashing_and_switching(busy: Path) -> None:
    """Git's own ways of taking files away."""
    before = all_files(busy)
    (busy / "README.md").write_text("changed\n")
    git(busy, "stash", "--include-untracked")
    assert all_files(busy) == before
    git(busy, "stash", "pop")
    git(busy, "checkout", "-q", "-f", "-b", "other")
    git(busy, "clean", "-fdq")
    assert all_files(busy) == before
    git(busy, "clean", "-fdxq")
    assert not Path(project_of(busy).claude).exists()
    assert agents.register_agent(context(busy), "ai", "next")["created"]
    assert_whole(busy)
    git(busy, "switch", "-q", "main")
    assert_whole(busy)


def test_everything_moves_with_the_repository(busy: Path, tmp_path: Path) -> None:
    before = assert_whole(busy).seq
    moved = tmp_path / "elsewhere" / "with a new name"
    moved.parent.mkdir()
    os.rename(busy, moved)
    assert agents.register_agent(context(moved), "ai", "next")["created"]
    assert assert_whole(moved).seq == before + 1


def test_a_linked_worktree_and_a_subfolder_share_the_state(busy: Path, tmp_path: Path) -> None:
    git(busy, "worktree", "add", "-q", str(tmp_path / "linked"))
    (busy / "sub" / "folder").mkdir(parents=True)
    for place in (tmp_path / "linked", busy / "sub" / "folder"):
        assert agents.register_agent(context(place), "ai", place.name)["created"]
    assert {agent["identifier"] for agent in status.board_status(context(busy))["agents"]} == {
        "first",
        "linked",
        "folder",
    }


def test_a_newer_state_is_refused_by_name(busy: Path) -> None:
    gate = Path(project_of(busy).checkpoint)
    gate.write_bytes(gate.read_bytes().replace(b'"version": 2', b'"version": 3'))
    before = all_files(busy)
    with pytest.raises(StateError, match="version 3, this ATLAS knows 2: update the plugin"):
        agents.register_agent(context(busy), "ai", "next")
    assert all_files(busy) == before


def test_a_newer_line_is_refused_by_name(busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_of(busy)
    with monkeypatch.context() as newer:
        newer.setattr(log, "STATE_VERSION", 3)
        line = log.encode_entry(99, "2026-01-01T00:00:00Z", None, "verb", {})
    with open(project.history, "ab") as file:
        file.write(line)
    before = all_files(busy)
    with pytest.raises(AtlasError, match="update the plugin"):
        status.board_status(context(busy))
    assert all_files(busy) == before


def test_a_plan_of_somebody_elses_is_kept(repo: Path) -> None:
    """A file that was there before ATLAS came, and what a hand wrote into the plan of an orchestration now given up."""
    path = Path(project_of(repo).plan)
    path.parent.mkdir()
    path.write_bytes(b"my own notes")
    beginning.start_plan(context(repo), "First")
    assert aside(repo) == [b"my own notes"]
    path.write_bytes(path.read_bytes() + b"written by hand\n")
    by_hand = path.read_bytes()
    beginning.start_plan(context(repo), "Second", abandon=True)
    assert by_hand in aside(repo)
    assert PLAN_FILE in [entry.name for entry in path.parent.iterdir()]
