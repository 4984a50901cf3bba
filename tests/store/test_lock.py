"""Waiting for the lock: fair, bounded, and never for a process that is gone."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from atlas.adapters.store import log
from atlas.adapters.store.lock import lock_store
from atlas.board import status
from atlas.core.errors import AtlasError
from atlas.services.assignments import agents
from tests.kit.orchestrations import assert_whole, context, project_of, start
from tests.support import wait_for

from .nursery import Job, Nursery

WRITERS, TURNS = 8, 30


def test_everybody_gets_turns(repo: Path, nursery: Nursery) -> None:
    """When the first of eight has had its last turn, every other one has had a good part of its own."""
    start(repo, ["m0"])
    with lock_store(project_of(repo).private):
        nursery.start(*(Job("register", repo, f"w{number}", TURNS) for number in range(WRITERS)))
        wait_for(lambda: len(queue(repo)) == WRITERS)
    assert nursery.end() == [0] * WRITERS
    turns = [agent.split("-")[0] for agent in registered(repo)]
    last_turns = [max(at for at, writer in enumerate(turns) if writer == each) for each in set(turns)]
    until_one_was_done = Counter(turns[: min(last_turns) + 1])
    assert len(until_one_was_done) == WRITERS
    assert min(until_one_was_done.values()) >= TURNS // 2, until_one_was_done


def registered(repo: Path) -> list[str]:
    """The agents in the order in which the history has them."""
    entries = log.read_entries(project_of(repo).history)
    return [agent for entry in entries for agent in entry["records"].get("agent", {})]


def queue(repo: Path) -> list[str]:
    folder = os.path.join(project_of(repo).private, "queue")
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def test_first_come_first_served(repo: Path, nursery: Nursery) -> None:
    """Waiters get the lock in the order in which they came, though they came while it was held."""
    start(repo, ["m0"])
    with lock_store(project_of(repo).private):
        processes = nursery.start(*(Job("register", repo, f"w{number}", 1) for number in range(WRITERS)))
        wait_for(lambda: len(queue(repo)) == WRITERS)
        waiting = [int(ticket.split("-")[1]) for ticket in queue(repo)]
    nursery.end()
    assert registered(repo) == [f"w{processes.index(process)}-0" for process in waiting]


@pytest.mark.parametrize("blow", [signal.SIGSTOP, signal.SIGKILL])
def test_a_waiter_that_is_stopped_or_killed_blocks_nobody(repo: Path, nursery: Nursery, blow: signal.Signals) -> None:
    start(repo, ["m0"])
    with lock_store(project_of(repo).private):
        (process,) = nursery.start(Job("register", repo, "hit", 1))
        wait_for(lambda: queue(repo))
        os.kill(process, blow)
        wait_for(lambda: blow == signal.SIGSTOP or not alive(process))
    assert agents.register_agent(context(repo), "ai", "behind")["created"]
    if blow == signal.SIGSTOP:
        os.kill(process, signal.SIGCONT)
        assert nursery.end() == [0]
        assert nursery.lines() == ["agent hit-0"]
    else:
        assert nursery.end() == [-signal.SIGKILL]
    assert_whole(repo)
    assert queue(repo) == []


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_ticket_of_a_process_that_is_gone_is_passed_over_at_once(repo: Path, nursery: Nursery) -> None:
    start(repo, ["m0"])
    with lock_store(project_of(repo).private):
        waiters = nursery.start(*(Job("register", repo, f"hit-{number}", 1) for number in range(5)))
        wait_for(lambda: len(queue(repo)) == len(waiters))
        for process in waiters:
            os.kill(process, signal.SIGKILL)
        nursery.end()
    with lock_store(project_of(repo).private, wait=0.3):
        assert queue(repo) == []


def test_a_holder_that_does_not_let_go_is_named_in_one_line(repo: Path, nursery: Nursery) -> None:
    start(repo, ["m0"])
    (process,) = nursery.start(Job("hold", repo))
    wait_for(nursery.lines)
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(AtlasError, match="locked by another command"), lock_store(project_of(repo).private, wait=0.1):
        pass
    assert queue(repo) == []
    assert status.board_status(context(repo))["modules_total"] == 1, "reading needs no lock"
    os.kill(process, signal.SIGKILL)
    nursery.end()
    assert agents.register_agent(context(repo), "ai", "next")["created"]


def test_a_file_that_is_no_ticket_holds_nobody_up(repo: Path) -> None:
    start(repo, ["m0"])
    junk = Path(project_of(repo).private) / "queue" / "0000-junk"
    junk.write_text("")
    long_ago = time.time() - 60
    os.utime(junk, (long_ago, long_ago))
    assert agents.register_agent(context(repo), "ai", "next")["created"]
