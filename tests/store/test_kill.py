"""A writer is killed at any moment: the state opens, is whole, and holds every change that was acknowledged."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.adapters.store.replay import Replay
from atlas.core.paths import PLAN_FILE
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE, MODULE, REPORT, SESSION, WORKFLOW
from atlas.services.assignments import agents
from atlas.services.plan import approval
from atlas.services.plan.document import PlanDocument
from tests.kit.orchestrations import assert_whole, assign, context, copy, plan_modules, project_of, records, start
from tests.support import ROUNDS, leave_fact

from .nursery import Job, Nursery


@pytest.mark.torture
def test_kill_at_random_moments(repo: Path, tmp_path: Path, nursery: Nursery) -> None:
    start(repo, ["m0"])
    agents.register_agent(context(repo), "ai", "first", "first")
    assign(context(repo), "m0", "first")
    kept = 0
    for _ in range(ROUNDS):
        victim = copy(repo, tmp_path / "victim")
        for process in nursery.start(Job("work", victim, "one"), Job("work", victim, "two")):
            time.sleep(random.uniform(0, 0.06))  # not to wait for something, but to strike anywhere
            os.kill(process, signal.SIGKILL)
        assert nursery.end() == [-signal.SIGKILL] * 2
        replay = assert_whole(victim)
        kept += assert_acknowledged(replay, nursery.lines(0) + nursery.lines(1))
        assert agents.register_agent(context(victim), "ai", "next")["created"]
        assert assert_whole(victim).seq == replay.seq + 1
    assert kept > ROUNDS, "the writer was always killed before it did anything"


def assert_acknowledged(replay: Replay, lines: list[str]) -> int:
    """See that every reported change is in the state; returns how many were."""
    said = {report["text"] for report in records(replay, REPORT).values()}
    known = {"agent": records(replay, AGENT), "message": records(replay, MESSAGE), "said": said}
    known["holder"] = [each["agent"] for each in records(replay, ASSIGNMENT).values()]
    for line in lines:
        what, name = line.split(" ", 1)
        assert name in known[what], line
    return len(lines)


def planned(repo: Path) -> None:
    plan_modules(repo, ["m0"])


def approved(repo: Path) -> None:
    plan_modules(repo, ["m0", "m1"])
    approval.approve_plan(context(repo))


def executing(repo: Path) -> None:
    start(repo, ["m0", "m1"])
    agents.register_agent(context(repo), "ai", "first", "first")


def with_facts(repo: Path) -> None:
    executing(repo)
    for _ in range(3):
        leave_fact(project_of(repo).private, "some-session", {"fact": "decision", "rule": "rule"})


def edited_by_hand(repo: Path) -> None:
    planned(repo)
    file = Path(project_of(repo).plan)
    file.write_bytes(file.read_bytes().replace(b"phase: planning", b"phase: planning # of the north wing"))


def in_pieces(repo: Path) -> None:
    """A table gone, another damaged, a folder where a third was, the gate lost, and half a line in the history."""
    with_facts(repo)
    project = project_of(repo)
    claude = Path(project.claude)
    (claude / "PHASE_PROGRESS.json").unlink()
    (claude / "PARALLEL_STATUS.json").write_text("{ damaged")
    (claude / "MISSION_CONTEXT.json").unlink()
    (claude / "MISSION_CONTEXT.json").mkdir()
    Path(project.checkpoint).unlink()
    with open(project.history, "ab") as file:
        file.write(b'{"v":1,"seq":')


def has_plan(replay: Replay) -> bool:
    return records(replay, WORKFLOW) != {}


def has_requirement(replay: Replay) -> bool:
    return "new" in [module["id"] for module in PlanDocument(replay.plan or b"").modules]


def has_modules(replay: Replay) -> bool:
    return records(replay, MODULE) != {}


def has_agent(replay: Replay) -> bool:
    return "late-0" in records(replay, AGENT)


def has_assignment(replay: Replay) -> bool:
    return bool(records(replay, MODULE)["m1"]["assigned_to"] == "first")


CASES = [
    pytest.param(lambda repo: None, ("begin_plan",), has_plan, id="plan"),
    pytest.param(planned, ("require", "new"), has_requirement, id="requirement"),
    pytest.param(edited_by_hand, ("require", "new"), has_requirement, id="requirement-in-an-edited-plan"),
    pytest.param(approved, ("begin",), has_modules, id="start"),
    pytest.param(with_facts, ("assign", "first", ["m1"]), has_assignment, id="assign"),
    pytest.param(in_pieces, ("register", "late", 1), has_agent, id="repair-and-register"),
]
MOST_STEPS = 200


@pytest.mark.parametrize(("prepare", "job", "done"), CASES)
@pytest.mark.parametrize("how", ["die", "tear"])
def test_kill_at_every_step(
    prepare: Callable[[Path], None],
    job: tuple[object, ...],
    done: Callable[[Replay], bool],
    how: str,
    repo: Path,
    tmp_path: Path,
    nursery: Nursery,
) -> None:
    prepare(repo)
    seq = assert_whole(copy(repo, tmp_path / "whole")).seq
    name, *arguments = job
    outcomes = set()
    for step in range(1, MOST_STEPS):
        victim = copy(repo, tmp_path / "victim")
        (code,) = nursery.run(Job(str(name), victim, *arguments, accident=(step, how)))
        replay = assert_whole(victim)
        happened = done(replay)
        assert replay.seq == seq + happened
        assert happened or not nursery.lines(), "acknowledged and lost"
        outcomes.add(happened)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert nursery.run(Job(str(name), victim, *arguments)) == [1 if happened and name == "require" else 0]
        assert done(assert_whole(victim)), "the same command again does not do it"
        if prepare is in_pieces:
            assert records(assert_whole(victim), SESSION)["some-session"]["decisions"] == {"rule": 3}
        if prepare is edited_by_hand:
            plan_text = Path(project_of(victim).plan).read_bytes()
            kept = [plan_text, *(path.read_bytes() for path in Path(project_of(victim).aside).glob(f"*{PLAN_FILE}*"))]
            assert any(b"of the north wing" in text for text in kept)
    else:
        pytest.fail(f"still killed at step {MOST_STEPS}")
    assert outcomes == {False, True}


def test_the_holder_of_the_lock_is_killed(repo: Path, nursery: Nursery) -> None:
    start(repo, ["m0"])
    (process,) = nursery.start(Job("hold", repo))
    while not nursery.lines():
        pass
    os.kill(process, signal.SIGKILL)
    nursery.end()
    assert agents.register_agent(context(repo), "ai", "next")["created"]


def test_a_second_kill_while_the_first_is_mended(repo: Path, tmp_path: Path, nursery: Nursery) -> None:
    """Dying at every step of a recovery, again and again, comes to the same end."""
    in_pieces(repo)
    for step in range(1, MOST_STEPS):
        (code,) = nursery.run(Job("register", repo, "late", 1, accident=(step, "die")))
        if code == 0:
            break
    assert has_agent(assert_whole(repo))
