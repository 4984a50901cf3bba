"""The monitor killed at every step: what waits is handed over again with its id, and never lost or passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.caller import Caller
from tests.kit.killing import Killer
from tests.kit.team import Team


@pytest.fixture
def killer(tmp_path: Path) -> Killer:
    return Killer(tmp_path)


def finish(team: Team, caller: Caller, found: str) -> list[str]:
    """Go on without killing until calls get through; returns what was said of it."""
    told = []
    for _ in range(4):
        answer = caller.call()
        if not answer.stopped:
            break
        told.append(answer.words)
    assert not answer.stopped
    assert not team.interrupt_file("api").exists()
    assert dict(team.receipts("api"))[found] == "delivered"
    return told


@pytest.mark.torture
def test_killed_before_a_call(team: Team, kind: str, killer: Killer) -> None:
    caller = Caller(team.workspace("api"), kind)
    for number, env in enumerate(killer.steps()):
        found = team.find(f"Finding {number}.")
        answer, event = caller.begin(env=env)
        assert answer.stopped, f"killed at step {number}, it let the call through"
        caller.end(event, answer)
        told = [answer.words, *finish(team, caller, found)]
        assert any(f"[{found}]" in words and f"| Finding {number}." in words for words in told)


@pytest.mark.torture
def test_killed_after_a_batch(team: Team, kind: str, killer: Killer) -> None:
    caller = Caller(team.workspace("api"), kind)
    for number, env in enumerate(killer.steps()):
        found = team.find(f"Finding {number}.")
        answer, event = caller.begin()
        caller.end(event, answer, env=env)
        again = finish(team, caller, found)
        assert all(found in words for words in again)
