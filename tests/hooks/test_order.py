"""What came after what follows from the numbers of changes: everything here happens within one second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from atlas.core import clock
from atlas.core.records.kinds import AGENT, ASSIGNMENT, SESSION, WORKSPACE
from atlas.services.assignments.reports import report_module
from atlas.services.messages import interrupts
from atlas.services.messages.inbox import read_inbox
from atlas.services.messages.notices import notify_agent
from tests.kit.stopping import Turns
from tests.kit.team import LEAD, Team

from .test_stop import attend


@pytest.fixture(autouse=True)
def _one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "current_time", lambda: "2026-01-31T08:00:00Z")


def block(team: Team) -> None:
    report_module(team.context(folder=team.workspace("core")), "core", "blocked", "No database")


def notify(team: Team) -> None:
    notify_agent(team.context(LEAD), "ann", "Take mine", "It is on port 5432.", "normal", "notification", None)


def interrupt(team: Team) -> None:
    interrupts.interrupt_agent(team.context(LEAD), "ann", "Take mine.")


def sent_on(team: Team) -> str:
    return str(Turns(team.root, LEAD).stop().get("reason", ""))


@pytest.mark.parametrize("help_on", [notify, interrupt])
def test_a_word_counts_when_it_came_after_the_report(team: Team, help_on: Callable[[Team], None]) -> None:
    attend(team)
    block(team)
    assert "ann is blocked on core" in sent_on(team)
    help_on(team)
    assert "ann is blocked on core" not in sent_on(team)


@pytest.mark.parametrize("help_on", [notify, interrupt])
def test_a_word_from_before_the_report_is_none_about_it(team: Team, help_on: Callable[[Team], None]) -> None:
    attend(team)
    help_on(team)
    block(team)
    assert "ann is blocked on core" in sent_on(team)


def read_mail(team: Team) -> None:
    """`ann` reads a message, in a terminal."""
    notify(team)
    read_inbox(team.context(), "ann")


def give(team: Team) -> None:
    """`core` to `ann`, anew."""

    def run(tx: Any) -> None:
        (assignment,) = tx.where(ASSIGNMENT, agent="ann")
        tx.patch(ASSIGNMENT, assignment, seq=tx.seq + 1, assigned_at=tx.at)
        tx.patch(WORKSPACE, tx.need(WORKSPACE, "core-ws"), subagent=None)

    team.put(run)


def test_an_agent_is_there_when_it_was_seen_after_it_got_its_work(team: Team) -> None:
    attend(team, "ben", "joann")
    read_mail(team)
    give(team)
    assert "ann has core and is not at work" in sent_on(team)
    read_mail(team)
    assert team.context().store.read(lambda tx: tx.count(SESSION, agent="ann")) == 0
    assert "ann has core and is not at work" not in sent_on(team)
    assert team.context().store.read(lambda tx: tx.need(AGENT, "ann"))["last_seen"] == clock.current_time()
