"""A day of polling for twenty agents, in a longer run fifty, by a simulated clock: who was asked when, as a table."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock
from atlas.core.following import poll_schedule
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.workspace import new_workspace
from atlas.services.assignments import giving
from atlas.services.project.context import Context
from atlas.services.project.settings import current_settings
from atlas.services.sessions import polling
from tests.kit.orchestrations import context, start
from tests.support import ROUNDS

ZONE, DAY = "America/New_York", "2026-03-08T00:00:00Z"
"""On this day the clocks of that zone go forward an hour."""
EACH = 10 if ROUNDS >= 20 else 4
TABLE = {
    "answers after two minutes": ["normal 00:15 to 23:55 every 20"],
    "never answers": ["normal 00:15", "high 00:25", "urgent 00:30", "escalated 00:35"],
    "works until noon, then is gone": ["normal 12:15", "high 12:25", "urgent 12:30", "escalated 12:35"],
    "blocked until six": ["normal 00:10 to 06:00 every 10", "normal 06:20 to 23:40 every 20"],
    "done before one, and again from eight": ["normal 00:15 to 00:55 every 20", "normal 08:15 to 23:55 every 20"],
}
"""For each kind of agent, of which there are ten, when each of them is asked; nothing else happens."""
KINDS = list(TABLE)


class Day:
    """Fifty assignments, a clock that goes by five minutes, and what each agent does at a time.

    What the first transaction of the day sees is changed all day long, and never committed: it stands for the store.
    """

    def __init__(self, repo: Path, set_clock: Any) -> None:
        self.names = [f"m{number}" for number in range(EACH * len(KINDS))]
        self.heartbeats = repo / ".git" / "atlas" / "gates" / "heartbeats"
        self.set_clock = set_clock
        self.events: dict[str, list[tuple[str, int]]] = {}
        set_clock(0)
        start(repo, self.names)
        here = context(repo)
        self.project, self.tx = here.project, here.store.read(lambda tx: tx)
        for name in self.names:
            self.transact("assign", partial(self._assign, name))

    def transact(self, verb: str, run: Any) -> Any:
        """A transaction by the lead."""
        self.tx.at, self.tx.actor = clock.current_time(), {"role": "lead", "agent": None, "session": None}
        return run(self.tx, self.tx.actor)

    read = transact

    def _assign(self, module: str, tx: Transaction, actor: Any) -> None:
        """An agent with a module, and the record of a workspace: what shows of the work are heartbeats."""
        agent: Any = {"id": f"agent-{module}", "type": "ai", "identifier": module, "transport": "built-in"}
        agent.update(address=None, registered_at=tx.at, last_seen=None)
        tx.put(AGENT, agent)
        assignment = giving.give_pending_module(tx, module, f"agent-{module}", False)["assignment"]
        place: Any = new_workspace(name=module, branch=f"atlas/{module}", base_commit="0" * 40, created_at=tx.at)
        place.update({field: assignment[field] for field in ("module", "agent", "task_uuid")})
        tx.put(WORKSPACE, place)
        tx.patch(WORKSPACE, place, status="ready", ready_at=tx.at)

    def pass_by(self, minute: int) -> None:
        """Let the clock show a minute of the day, and the agents do what they do; then have everybody checked."""
        self.set_clock(minute)
        self.transact("report", lambda tx, actor: self._let_them_act(tx, minute))
        result = polling.check_agents(cast("Context", self))
        for asked in result["polled"]:
            self.events.setdefault(asked["module"], []).append((asked["priority"], minute))
        for escalated in result["escalated"]:
            self.events.setdefault(escalated["module"], []).append(("escalated", minute))

    def _let_them_act(self, tx: Transaction, minute: int) -> None:
        times = poll_schedule.polling_times(current_settings(tx))
        for assignment in tx.all(ASSIGNMENT):
            kind = kind_of(assignment["module"])
            if kind.startswith("works") and minute <= 12 * 60:
                self._beat(assignment["module"], minute)
            asked = [at for what, at in self.events.get(assignment["module"], []) if what != "escalated"]
            answer = answer_of(kind, minute, asked[-1] if asked else 0)
            if answer is not None:
                status, at = answer
                assignment["status"] = status
                tx.patch(MODULE, tx.need(MODULE, assignment["module"]), status=MODULE_STATUS.get(status, status))
                poll_schedule.note_heard(tx, assignment, moment(at), "report", times)
            elif kind.startswith("done") and minute == 8 * 60:
                assignment["status"] = "in_progress"
                tx.patch(MODULE, tx.need(MODULE, assignment["module"]), status="in_progress")
                poll_schedule.resume_polling(assignment, tx.at, times)
            tx.put(ASSIGNMENT, assignment)

    def _beat(self, module: str, minute: int) -> None:
        self.heartbeats.mkdir(parents=True, exist_ok=True)
        beat, at = self.heartbeats / f"workspace-{module}", clock.epoch_seconds(moment(minute)) - 60
        beat.touch()
        os.utime(beat, (at, at))

    def table(self) -> dict[str, list[list[str]]]:
        """For each kind of agent what happened to each of its kind."""
        found: dict[str, list[list[str]]] = {kind: [] for kind in KINDS}
        for name in self.names:
            found[kind_of(name)].append(shortened(self.events.get(name, [])))
        return found


MODULE_STATUS = {"reported": "pending_verification"}


def kind_of(module: str) -> str:
    return KINDS[int(module[1:]) % len(KINDS)]


def answer_of(kind: str, now: int, asked: int) -> tuple[str, int] | None:
    """The status that an agent reports and the minute when it did, since the clock was looked at last; or None."""
    fresh = now - 5 <= asked < now and asked > 0
    if kind.startswith("blocked") and (fresh or now == 5):
        return ("blocked" if now <= 6 * 60 else "in_progress"), max(asked, 1) + 1
    if kind.startswith("done") and fresh:
        return ("reported" if asked == 55 else "in_progress"), asked + 2
    return ("in_progress", asked + 2) if kind.startswith("answers") and fresh else None


def moment(minute: int) -> str:
    return clock.add_seconds(DAY, minute * 60)


def shortened(events: list[tuple[str, int]]) -> list[str]:
    """Events of one kind that follow each other at the same distance, as one line."""
    lines: list[tuple[str, list[int]]] = []
    for what, at in events:
        times = lines[-1][1] if lines and lines[-1][0] == what else []
        if times and (len(times) == 1 or times[1] - times[0] == at - times[-1]):
            times.append(at)
        else:
            lines.append((what, [at]))
    return [f"{what} {hour(times[0])}{later_ones(times)}" for what, times in lines]


def later_ones(times: list[int]) -> str:
    return f" to {hour(times[-1])} every {times[1] - times[0]}" if len(times) > 1 else ""


def hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(os.environ, "TZ", ZONE)
    time.tzset()
    monkeypatch.setattr(
        polling, "exchange_messages", lambda context: {"troubles": []}
    )  # there is no transport to speak to
    yield lambda minute: monkeypatch.setattr(clock, "current_time", lambda: moment(minute))
    monkeypatch.undo()
    time.tzset()


@pytest.mark.torture
def test_who_was_asked_when(repo: Path, set_clock: Any) -> None:
    day = Day(repo, set_clock)
    for minute in range(5, 24 * 60, 5):
        day.pass_by(minute)
    for kind, found in day.table().items():
        assert found == [found[0]] * EACH, kind
        assert found[0] == TABLE[kind], kind
