"""Many writers at once: every acknowledged change is there, none twice, and a module is never given to two agents."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from atlas.adapters.store import log
from atlas.adapters.store.transaction import Transaction
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, SESSION
from atlas.core.records.transitions import LIVE
from atlas.services.assignments import agents
from atlas.services.orchestration import starting
from tests.conftest import script_of
from tests.kit.orchestrations import assert_whole, assign, context, copy, project_of, records, start
from tests.support import PYTHON, ROUNDS, wait_for

from .nursery import Job, Nursery

WRITERS, CHANGES = 8, 50


def test_registrations_and_assignments_at_once(repo: Path, nursery: Nursery) -> None:
    modules = [f"m{number}" for number in range(CHANGES)]
    start(repo, modules)
    names = [f"writer-{number}" for number in range(WRITERS)]
    assert nursery.run(*(Job("register_and_assign", repo, name, CHANGES, modules) for name in names)) == [0] * WRITERS
    acknowledged = [line.split() for number in range(WRITERS) for line in nursery.lines(number)]
    replay = assert_whole(repo)

    registered = Counter(words[1] for words in acknowledged if words[0] == "agent")
    assert set(registered.values()) == {1}, "a registration was acknowledged as new to two writers"
    assert set(registered) == set(records(replay, AGENT))
    assert len(registered) == WRITERS * CHANGES + 5

    given = [(words[1], words[2]) for words in acknowledged if words[0] == "module"]
    assert sorted(module for module, _ in given) == sorted(modules), "a module was given twice, or not at all"
    assert dict(given) == {key: module["assigned_to"] for key, module in records(replay, MODULE).items()}
    assert Counter(a["module"] for a in records(replay, ASSIGNMENT).values()) == Counter(modules)
    assert replay.seq == len(list(log.read_entries(project_of(repo).history)))


@pytest.mark.torture
def test_a_module_offered_to_all_at_once_goes_to_one(repo: Path, tmp_path: Path, nursery: Nursery) -> None:
    start(repo, ["m0"])
    for number in range(WRITERS):
        agents.register_agent(context(repo), "ai", f"agent-{number}", f"agent-{number}")
    for _ in range(ROUNDS):
        arena = copy(repo, tmp_path / "arena")
        nursery.run(*(Job("assign", arena, f"agent-{number}", ["m0"]) for number in range(WRITERS)))
        told = [line for number in range(WRITERS) for line in nursery.lines(number)]
        live = [a for a in records(assert_whole(arena), ASSIGNMENT).values() if a["status"] in LIVE]
        assert [f"module m0 {assignment['agent']}" for assignment in live] == told


def test_the_same_by_script(repo: Path) -> None:
    """Real commands side by side: four registrations and, for each of three modules, two assignments."""
    modules = ["m0", "m1", "m2"]
    start(repo, modules)
    for name in ("one", "two"):
        agents.register_agent(context(repo), "ai", name, name)
    commands = [["register", "human", f"dev-{number}"] for number in range(4)]
    commands += [["assign", module, agent] for module in modules for agent in ("one", "two")]
    random.shuffle(commands)
    running = [
        (
            command,
            subprocess.Popen(
                [PYTHON, script_of(command[0]), *command[1:]],
                cwd=repo,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ),
        )
        for command in commands
    ]
    outcomes = []
    for command, process in running:
        _, complaint = process.communicate(timeout=120)
        outcomes.append((command, process.returncode, complaint))
    given = {command[1]: command[2] for command, code, _ in outcomes if command[0] == "assign" and code == 0}
    refused = [complaint for command, code, complaint in outcomes if code != 0]
    replay = assert_whole(repo)
    assert set(records(replay, AGENT)) == {"one", "two", *(f"dev-{number}" for number in range(4))}
    assert given == {key: module["assigned_to"] for key, module in records(replay, MODULE).items()}
    assert len(refused) == len(modules)
    for complaint in refused:
        assert re.fullmatch(r"atlas: .*\bm\d\b.*\n", complaint)


def test_readers_see_whole_states(repo: Path, nursery: Nursery) -> None:
    start(repo, ["m0"])
    agents.register_agent(context(repo), "ai", "first", "first")
    assign(context(repo), "m0", "first")
    *writers, reader = nursery.start(*(Job("work", repo, f"w{n}") for n in range(3)), Job("observe", repo, 200))
    wait_for(lambda: nursery.lines(3) or not is_running(reader))
    for process in writers:
        os.kill(process, signal.SIGKILL)
    *_, code = nursery.end()
    assert code == 0, "what a reader saw did not agree: see the error output"
    assert_whole(repo)


def test_a_change_between_two_reads_is_noticed(repo: Path) -> None:
    """A reader has one table when a writer changes two: it reads both again, and never one before, one after."""
    start(repo, ["m0"])
    agents.register_agent(context(repo), "ai", "first", "first")
    to_be_given = ["m0"]

    def look(tx: Transaction) -> tuple[list[str | None], list[str]]:
        held = [module["task_uuid"] for module in tx.all(MODULE)]
        if to_be_given:
            assign(context(repo), to_be_given.pop(), "first")
        return held, [assignment["task_uuid"] for assignment in tx.all(ASSIGNMENT)]

    held, given = context(repo).store.read(look)
    assert held == given
    assert len(given) == 1


def is_running(process: int) -> bool:
    """Whether the process has not ended, be it that nobody has asked for its exit code yet."""
    state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


def test_facts_of_several_processes_count_once_each(repo: Path, nursery: Nursery) -> None:
    """Three processes spool for the same session while two fold, of which one is killed again and again."""
    start(repo, ["m0"])
    count = 150
    spoolers = [Job("facts", repo, "some-session", count) for _ in range(3)]
    folders = [Job("register", repo, f"folder-{number}", 20) for number in range(2)]
    dying = [Job("register", repo, f"dying-{step}", 20, accident=(step, "die")) for step in range(1, 40, 3)]
    nursery.run(*spoolers, *folders, *dying)
    assert all(len(nursery.lines(number)) == count for number in range(3))
    starting.start_workflow(context(repo))
    agents.register_agent(context(repo), "ai", "the-last")
    session = records(assert_whole(repo), SESSION)["some-session"]
    assert session["decisions"] == {"no-verify": 3 * count}
