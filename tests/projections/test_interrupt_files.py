"""What hooks look at is what the records say: after a change, a crash, a hand, and whatever monitors do meanwhile."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from atlas.core.records.facts import session_record
from atlas.core.records.kinds import AGENT, SESSION, WORKFLOW, WORKSPACE
from atlas.services.project.context import Context
from tests.kit.caller import Caller, equip
from tests.kit.team import LEAD, Team
from tests.support import PYTHON, SCRIPTS, git, run


def change(team: Team) -> None:
    """Any change at all."""
    team.put(lambda tx: tx.patch(AGENT, tx.get(AGENT, "tom"), last_seen=tx.at))


def act(team: Team, fn: Callable[[Any], Any]) -> None:
    """Change something as a verb does."""
    context: Context = team.context(LEAD)
    context.transact("workspace", lambda tx, actor: fn(tx))


# Interrupts


@pytest.mark.parametrize("harm", ["removed", "emptied", "a link"])
def test_a_file_that_a_hand_took_away_comes_back_with_the_next_change(team: Team, harm: str, tmp_path: Path) -> None:
    found = team.find()
    file = team.interrupt_file("api")
    file.unlink()
    if harm == "emptied":
        file.write_bytes(b"")
    elif harm == "a link":
        file.symlink_to(tmp_path / "elsewhere")
    change(team)
    assert team.waiting("api") == [found]
    assert not (tmp_path / "elsewhere").exists()


def test_a_crash_before_the_file_was_written_is_made_good(team: Team) -> None:
    found = team.find()
    team.interrupt_file("api").unlink()
    shutil.rmtree(team.atlas / "gates")
    (team.atlas / "gate.json").unlink()
    team.discoveries()
    assert team.waiting("api") == [found]
    assert role(team, LEAD) == ("lead", ["core-ws", "api-ws", "ui-ws"])


def test_two_in_a_row_both_wait_in_order(team: Team) -> None:
    found = [team.find(f"Finding {number}.") for number in range(3)]
    assert team.waiting("api") == found


def test_what_was_delivered_is_not_brought_back_before_its_receipt_is_folded_in(team: Team) -> None:
    first = team.find("One.")
    Caller(team.workspace("api")).call()
    (spool,) = (team.atlas / "spool").iterdir()
    receipts = spool.read_bytes()
    spool.write_bytes(b"")  # as a transaction sees it that began just before
    second = team.find("Two.")
    assert team.waiting("api") == [second]
    spool.write_bytes(receipts)
    assert team.receipts("api") == [(first, "delivered"), (second, "queued")]
    change(team)
    assert team.waiting("api") == [second]


def test_the_monitors_record_is_gone_once_nobody_needs_it(team: Team) -> None:
    team.find()
    Caller(team.workspace("api")).call()
    assert (team.atlas / "interrupts/api-ws.json").exists()
    change(team)
    assert not (team.atlas / "interrupts/api-ws.json").exists()


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"status": "abandoned"}, False),
        ({"status": "abandoned", "removed_at": "2026-01-01T00:00:00Z"}, False),
        ({"agent": "tom"}, False),
        ({"agent": None, "module": None, "task_uuid": None}, False),
        ({"status": "merging"}, True),
    ],
)
def test_what_waits_where_nobody_works_any_more_is_withdrawn(team: Team, fields: dict[str, Any], stays: bool) -> None:
    found = team.find()
    act(team, lambda tx: tx.patch(WORKSPACE, tx.get(WORKSPACE, "api-ws"), **fields))
    assert team.receipts("api") == [(found, "queued" if stays else "withdrawn")]
    assert team.interrupt_file("api").exists() == stays
    assert team.receipts("ui") == [(found, "queued")]
    assert team.waiting("ui") == [found]


def test_a_workspace_that_is_not_there_is_in_nobodys_way(team: Team) -> None:
    shutil.rmtree(team.workspace("api"))
    found = team.find()
    assert team.waiting("ui") == [found]
    git(team.root, "worktree", "prune")
    git(team.root, "worktree", "add", "--quiet", ".claude/worktrees/api-ws", "atlas/api")
    change(team)
    assert team.waiting("api") == [found]


def test_a_workspace_that_leads_out_of_the_project_is_not_written_to(team: Team, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    team.workspace("api").rename(elsewhere)
    team.workspace("api").symlink_to(elsewhere)
    done = run(PYTHON, SCRIPTS / "atlas_interrupt.py", "ben", "Look out.", cwd=team.root)
    assert done.returncode == 0
    assert "leads out of the project" in done.stderr
    assert not (elsewhere / ".INTERRUPT").exists()


def test_a_folder_in_its_place_is_told_and_hinders_nothing(team: Team) -> None:
    team.interrupt_file("api").mkdir()
    done = run(PYTHON, SCRIPTS / "atlas_interrupt.py", "ben", "Look out.", cwd=team.root)
    assert done.returncode == 0
    assert "workspace api-ws: its .INTERRUPT could not be brought up to date" in done.stderr
    team.interrupt_file("api").rmdir()
    change(team)
    assert team.waiting("api")


def test_a_monitor_that_holds_its_lock_for_long_hinders_no_command(team: Team) -> None:
    (team.atlas / "interrupts").mkdir(parents=True, exist_ok=True)
    with open(team.atlas / "interrupts/api-ws.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(PYTHON, SCRIPTS / "atlas_interrupt.py", "ben", "Look out.", cwd=team.root, timeout=20)
    assert done.returncode == 0
    assert "a monitor holds its lock" in done.stderr
    change(team)
    assert team.waiting("api")


def test_nothing_of_it_shows_in_git_status(team: Team) -> None:
    equip(team.workspace("api"))
    team.find()
    Caller(team.workspace("api"), "workspace").begin()
    assert git(team.workspace("api"), "status", "--porcelain") == ""
    assert git(team.root, "status", "--porcelain") == ""


# Roles


def role(team: Team, session: str) -> tuple[str, list[str]]:
    """What hooks know of a session: its role, and the names of its workspaces."""
    gate = json.loads((team.atlas / "gates/sessions" / session).read_bytes())
    return gate["role"], [workspace["name"] for workspace in gate["workspaces"]]


def test_a_role_is_known_to_hooks_and_follows_its_session(team: Team) -> None:
    def bind(tx: Any) -> None:
        tx.put(SESSION, {**session_record(tx, "bound"), "agent": "ben"})
        tx.put(SESSION, session_record(tx, "visitor"))

    def hand_over(tx: Any) -> None:
        tx.patch(WORKFLOW, tx.only(WORKFLOW), lead="another")

    sessions = team.atlas / "gates/sessions"
    team.put(bind)
    assert sorted(file.name for file in sessions.iterdir()) == [LEAD, "bound"]
    assert role(team, "bound") == ("worker", ["api-ws"])
    team.put(hand_over)
    assert sorted(file.name for file in sessions.iterdir()) == ["another", "bound"]
    act(team, lambda tx: tx.patch(WORKSPACE, tx.get(WORKSPACE, "api-ws"), status="abandoned", removed_at=tx.at))
    assert role(team, "bound") == ("worker", [])
    assert sorted(file.name for file in (team.atlas / "gates/workspaces").iterdir()) == ["core-ws", "ui-ws"]


# Many at once

SENDERS, EACH = 8, 5


def test_forty_discoveries_from_eight_processes_while_the_worker_works(team: Team) -> None:
    def send(number: int) -> None:
        for turn in range(EACH):
            words = ("--severity", "critical", "--affects", "core", f"Finding {turn} of sender {number}.")
            done = run(PYTHON, SCRIPTS / "atlas_share_discovery.py", *words, cwd=team.root, timeout=120)
            assert (done.returncode, done.stderr) == (0, "")

    def work(module: str, told: list[str]) -> None:
        caller = Caller(team.workspace(module), session=f"session-{module}")
        deadline = time.monotonic() + 100
        while len(told) < SENDERS * EACH:
            assert time.monotonic() < deadline, f"{module} was told {len(told)}"
            answer = caller.call()
            told += [line.removeprefix("| ") for line in answer.words.splitlines() if line.startswith("| ")]

    told: dict[str, list[str]] = {"api": [], "ui": []}
    with ThreadPoolExecutor() as pool:
        work_done = [pool.submit(work, module, words) for module, words in told.items()]
        for sent in [pool.submit(send, number) for number in range(SENDERS)]:
            sent.result()
        for done in work_done:
            done.result(timeout=120)

    in_order = [found["text"] for found in team.discoveries()]
    assert len(in_order) == SENDERS * EACH
    assert len(set(in_order)) == SENDERS * EACH
    for module, words in told.items():
        assert words == in_order
        assert [status for _, status in team.receipts(module)] == ["delivered"] * SENDERS * EACH
        assert not team.interrupt_file(module).exists()
    assert len(team.waiting("core")) == SENDERS * EACH
