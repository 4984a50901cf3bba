"""The end of a turn, by the literal hook commands: who is sent on, with what, how often, and who is let go."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.app import context_at
from atlas.board import status, text
from atlas.core.records.assignment import ReportKind
from atlas.core.records.facts import session_record
from atlas.core.records.kinds import ASSIGNMENT, QUESTION, SESSION, WORKFLOW
from atlas.core.records.rows import new_question
from atlas.services.assignments import reports
from atlas.services.messages import discoveries, notices
from atlas.services.plan import beginning
from atlas.services.project import pause
from tests.kit.sessions import commands
from tests.kit.stopping import Turns, Waiter
from tests.kit.team import LEAD, PLAN, Team
from tests.support import PYTHON, run_read_only

from .test_broken_guard import hasty_plugin

WORKER = "44444444-aaaa-4bbb-8ccc-000000000004"
AGENTS = {"ann": "core", "ben": "api", "joann": "ui"}


def attend(team: Team, *agents: str) -> None:
    """Give agents sessions of their own, so that nobody has to start them."""

    def run(tx: Any) -> None:
        for agent in agents or AGENTS:
            tx.patch(SESSION, session_record(tx, f"of-{agent}"), agent=agent)

    team.put(run)


def report(team: Team, module: str, kind: ReportKind = "done", words: str = "") -> None:
    """As its agent, from its workspace and in its session."""
    reports.report_module(team.context(WORKER, team.workspace(module)), module, kind, words)


def finish(team: Team) -> None:
    team.put(lambda tx: tx.patch(WORKFLOW, tx.need(WORKFLOW, PLAN), status="complete"))


def incomplete(team: Team) -> list[tuple[str | None, str]]:
    return [(one["agent"], one["reason"]) for one in status.board_status(team.context())["stopped"]]


@pytest.fixture
def lead(team: Team) -> Turns:
    return Turns(team.root, LEAD)


@pytest.fixture
def worker(team: Team) -> Turns:
    return Turns(team.workspace("api"), WORKER)


@pytest.fixture(autouse=True)
def _end_waiters() -> Iterator[None]:
    yield
    Waiter.end_all()


# The lead


def test_the_lead_is_sent_on_with_one_action_and_told_the_way_out(team: Team, lead: Turns) -> None:
    attend(team)
    report(team, "core")
    report(team, "api", "blocked", "no network\nat all")
    answer = lead.stop()
    assert answer["decision"] == "block"
    assert "ben is blocked on api" in answer["reason"]
    assert "\n| no network at all\n" in answer["reason"]
    assert "atlas complete" not in answer["reason"]
    assert "/atlas-pause" in answer["reason"]


def test_the_lead_waits_when_only_others_can_move(team: Team, lead: Turns) -> None:
    attend(team)
    assert lead.stop() == {
        "systemMessage": "ATLAS: waiting for ann with core (assigned), ben with api (assigned), "
        "joann with ui (assigned), dev-alice with docs (assigned), tom with tools (assigned)."
    }


def test_subagents_that_run_count_as_others_and_the_lead_is_sent_on_when_they_end(team: Team, lead: Turns) -> None:
    task = {"id": "a1", "type": "subagent", "status": "running"}
    shell = {"id": "b1", "type": "shell", "status": "running"}
    assert "decision" not in lead.stop(background_tasks=[shell, task])
    assert "atlas launch ann" in lead.stop(background_tasks=[shell])["reason"]
    assert lead.stop(background_tasks=[{**task, "status": "completed"}])["decision"] == "block"


def test_a_subagent_that_runs_does_not_do_what_only_the_lead_can(team: Team, lead: Turns) -> None:
    report(team, "core")
    running = [{"id": "a1", "type": "subagent", "status": "running"}]
    assert "atlas complete core" in lead.stop(background_tasks=running)["reason"]


def test_all_complete_or_paused_nobody_is_held(team: Team, lead: Turns, worker: Turns) -> None:
    worker.start()
    pause.begin_pause(team.context(), "a look around", None)
    assert lead.stop() == worker.stop() == {}
    pause.end_pause(team.context(), "", None)
    assert lead.stop()["decision"] == worker.stop()["decision"] == "block"
    finish(team)
    assert lead.stop() == {}


def test_what_happened_meanwhile_is_told_with_the_action(team: Team, lead: Turns) -> None:
    attend(team)
    lead.stop()
    report(team, "core", words="It works.\x1b[2J")
    team.find("Everything is late.", "info")
    reason = lead.stop()["reason"]
    assert "- ann reported core: done:\n| It works. [2J\n" in reason
    assert "- ann found something info about core:\n| Everything is late.\n" in reason
    assert "ann reported" not in lead.stop(stop_hook_active=True)["reason"].partition("Verify")[2]


def test_a_plan_is_a_talk_with_a_person_but_not_in_a_run_for_one_prompt(repo: Path) -> None:
    beginning.start_plan(context_at(str(repo), LEAD), "Build a shop")
    lead = Turns(repo, LEAD)
    assert lead.stop() == {}
    lead.env["CLAUDE_CODE_ENTRYPOINT"] = "sdk-cli"
    lead.client = as_child_of("-p")
    assert "atlas approve" in lead.stop()["reason"]
    lead.client = as_child_of("-p", "--input-format", "stream-json")
    assert lead.stop() == {}


def as_child_of(*arguments: str) -> tuple[str, ...]:
    """Runs the rest of the command as a client would that was started with these arguments."""
    run = f"import subprocess, sys; sys.exit(subprocess.call(sys.argv[{len(arguments) + 1}:]))"
    return (PYTHON, "-I", "-S", "-c", run, *arguments)


# Agents


def test_an_agent_goes_on_until_it_has_said_how_it_stands(team: Team, worker: Turns) -> None:
    assert "atlas report api done" in worker.stop()["reason"]
    worker.start()
    assert "atlas report api done" in worker.stop()["reason"]
    report(team, "api", "blocked", "no network")
    assert worker.stop() == {}
    report(team, "api", "started")
    assert worker.stop()["decision"] == "block"
    report(team, "api")
    assert worker.stop() == {}
    notices.notify_agent(team.context(LEAD), "ben", "A word", "Look again.", "normal", "notification", None)
    assert "atlas inbox ben" in worker.stop()["reason"]
    assert "Look again." in worker.batch()
    assert worker.stop() == {}


def test_an_agent_that_needs_the_leads_word_is_let_go_to_wait(team: Team, worker: Turns) -> None:
    def ask(tx: Any) -> None:
        (assignment,) = [one for one in tx.all(ASSIGNMENT) if one["module"] == "api"]
        asked = new_question(task_uuid=assignment["task_uuid"], seq=1, id="q1", text="Why?", asked_at=tx.at)
        tx.put(QUESTION, asked)
        assignment["instruction_verification"]["questions_asked"] = 1
        tx.put(ASSIGNMENT, assignment)

    team.put(ask)
    assert worker.stop() == {"systemMessage": "ATLAS: waiting for the lead's word about api."}


def test_a_subagent_of_the_lead_is_held_to_its_module(team: Team, lead: Turns) -> None:
    who = {"agent_id": "a123", "agent_type": "atlas:worker"}
    assert lead.stop("SubagentStop", **who) == {}
    (team.atlas / "gates/subagents").mkdir()
    (team.atlas / "gates/subagents/a123").write_text("api-ws task-000000000001\n")
    assert "atlas report api done" in lead.stop("SubagentStop", **who)["reason"]
    assert lead.stop("SubagentStop", agent_id="a124", agent_type="atlas:worker") == {}
    report(team, "api")
    assert lead.stop("SubagentStop", **who) == {}


def test_the_helper_of_an_agent_may_end(worker: Turns) -> None:
    worker.start()
    assert worker.stop("SubagentStop", agent_id="a123", agent_type="general-purpose") == {}


def test_a_session_without_a_role_is_never_held(team: Team) -> None:
    other = Turns(team.root, WORKER)
    assert other.stop() == {}
    assert other.waiter().ended() == ""
    assert not (team.atlas / "gates/stops").exists()


# How often


def sent_on(session: Turns, most: int = 40, **fields: Any) -> tuple[int, str]:
    """How often in a row it is sent on when it does nothing, and what the person is told then."""
    for count in range(most):
        answer = session.stop(**{"stop_hook_active": count > 0, **fields})
        if "decision" not in answer:
            return count, str(answer.get("systemMessage"))
    raise AssertionError("it is sent on for ever")


def test_who_stops_again_and_again_is_let_go_and_the_person_is_told(team: Team, lead: Turns) -> None:
    attend(team)
    report(team, "core")
    count, told = sent_on(lead)
    assert count == 5
    assert "sent on 5 times and stopped incomplete. Left to do: ann reported core done." in told
    ((agent, reason),) = incomplete(team)
    assert (agent, "ann reported core done" in reason) == (None, True)
    assert "Stopped incomplete" in text.board_text(status.board_status(team.context()))
    assert lead.waiter(stop_hook_active=True).ended() == ""
    lead.start("resume")
    assert incomplete(team) == []


def test_a_new_prompt_begins_a_new_count_and_withdraws_it(team: Team, lead: Turns) -> None:
    attend(team)
    report(team, "core")
    sent_on(lead)
    assert lead.stop(stop_hook_active=True).keys() == {"systemMessage"}
    lead.prompt_id = "prompt-2"
    assert sent_on(lead)[0] == 5
    lead.prompt_id = "prompt-3"
    assert lead.stop()["decision"] == "block"
    assert incomplete(team) == []


def test_tool_calls_that_change_nothing_do_not_begin_a_new_count(team: Team, lead: Turns) -> None:
    attend(team)
    report(team, "core")
    for count in range(6):
        beat = team.atlas / "gates/heartbeats" / LEAD
        beat.touch()
        os.utime(beat, (time.time() + 1, time.time() + 1))
        answer = lead.stop(stop_hook_active=count > 0)
    assert "stopped incomplete" in answer["systemMessage"]


def test_a_change_of_ones_own_begins_a_new_count_and_others_do_not(team: Team, lead: Turns) -> None:
    attend(team)
    report(team, "core")
    for number in range(5):
        assert lead.stop(stop_hook_active=number > 0)["decision"] == "block"
        report(team, "api", "progress", f"{number} done")
    assert "stopped incomplete" in lead.stop(stop_hook_active=True)["systemMessage"]
    lead.prompt_id = "prompt-2"
    for number in range(4):
        lead.stop(stop_hook_active=number > 0)
    discoveries.share_discovery(team.context(LEAD), "info", ["core"], {"text": "news"})
    assert lead.stop(stop_hook_active=True)["decision"] == "block"


def test_the_same_action_is_not_asked_for_for_ever(team: Team, lead: Turns) -> None:
    attend(team)
    report(team, "core")
    beat = team.atlas / "gates/heartbeats" / LEAD
    for number in range(20):
        assert lead.stop(stop_hook_active=True)["decision"] == "block"
        discoveries.share_discovery(team.context(LEAD), "info", ["core"], {"text": f"news {number}"})
        os.utime(beat, (time.time() + 1, time.time() + 1)) if beat.exists() else beat.touch()
    assert "stopped incomplete" in lead.stop(stop_hook_active=True)["systemMessage"]


@pytest.mark.parametrize(("cap", "count"), [("3", 2), ("1", 0), ("0", 5), ("many", 5), ("20", 5)])
def test_it_ends_before_the_client_would_end_it(team: Team, lead: Turns, cap: str, count: int) -> None:
    attend(team)
    report(team, "core")
    lead.env["CLAUDE_CODE_STOP_HOOK_BLOCK_CAP"] = cap
    assert sent_on(lead)[0] == count


def test_different_actions_in_a_row_end_before_the_client_would_end_it(team: Team, lead: Turns) -> None:
    attend(team)
    keys = ("core", "api", "ui")
    for number in range(7):
        report(team, keys[number % 3], "blocked", f"why {number}")
        assert lead.stop(stop_hook_active=number > 0)["decision"] == "block"
    report(team, "core", "blocked", "once more")
    assert "stopped incomplete" in lead.stop(stop_hook_active=True)["systemMessage"]


def test_a_subagent_that_stops_again_and_again_is_let_go(team: Team, lead: Turns) -> None:
    (team.atlas / "gates/subagents").mkdir()
    (team.atlas / "gates/subagents/a123").write_text("api-ws task-000000000001\n")
    who = {"agent_id": "a123", "agent_type": "atlas:worker"}
    told = [lead.stop("SubagentStop", stop_hook_active=number > 0, **who) for number in range(6)]
    assert [("decision" in answer) for answer in told] == [True] * 5 + [False]
    assert "ben, a subagent, was sent on 5 times" in told[5]["systemMessage"]


# Broken


BREAK: dict[str, Callable[[Path], object]] = {
    "cut": lambda gate: gate.write_text(gate.read_text()[:40]),
    "empty": lambda gate: gate.write_text(""),
    "a list": lambda gate: gate.write_text("[]"),
    "other types": lambda gate: gate.write_text(json.dumps({**json.loads(gate.read_text()), "stop": []})),
    "no action": lambda gate: gate.write_text(gate.read_text().replace('"actions": [', '"actions": [7, ')),
    "a folder": lambda gate: gate.replace(gate.with_name("aside")).parent.joinpath(LEAD).mkdir(),
    "a pipe": lambda gate: os.mkfifo(gate.replace(gate.with_name("aside")).with_name(LEAD)),
    "no state": lambda gate: (gate.parents[2] / "gate.json").unlink(),
    "broken state": lambda gate: (gate.parents[2] / "gate.json").write_text("{"),
    "notes in the way": lambda gate: (gate.parents[1] / "stops").write_text(""),
}


@pytest.mark.parametrize("how", BREAK)
def test_what_cannot_be_read_keeps_nobody_from_ending(team: Team, lead: Turns, how: str) -> None:
    attend(team)
    lead.stop()
    report(team, "core")
    shutil.rmtree(team.atlas / "gates/stops")
    BREAK[how](team.atlas / "gates/sessions" / LEAD)
    lead.prompt_id = "prompt-2"
    answer = lead.stop()
    assert "it cannot be seen what is left to do" in answer["systemMessage"]
    assert lead.waiter().ended(timeout=4) == "", "it was told that there is nothing to wait for"


def test_on_a_disk_that_cannot_be_written_nobody_is_held(team: Team, lead: Turns) -> None:
    event = json.dumps({"session_id": LEAD, "cwd": str(team.root), "hook_event_name": "Stop"})
    command = f"printf '%s' '{event}' | {{ {commands('Stop', '')[0]}; }}"
    env = {**lead.env, "ATLAS_CLIENT": str(os.getpid())}
    done = run_read_only(team.root, "sh", "-c", f"cd '{team.root}'; {command}", env=env)
    assert (done.returncode, json.loads(done.stdout).keys()) == (0, {"systemMessage"})


def test_without_python_nobody_is_held_and_the_person_is_told(team: Team, lead: Turns, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    lead.env["PATH"] = str(tmp_path / "bin")
    stop, waiter = lead.fire("Stop", "")
    assert (stop.returncode, waiter.returncode, waiter.stdout) == (0, 0, b"")
    assert "Python 3.10" in json.loads(stop.stdout)["systemMessage"]


def test_a_note_that_cannot_be_written_for_ever_keeps_nobody_from_ending(
    team: Team, lead: Turns, tmp_path: Path
) -> None:
    lead.env["CLAUDE_PLUGIN_ROOT"] = str(hasty_plugin(tmp_path / "plugin"))
    for kind in ("stops", "verdicts"):
        (team.atlas / "gates" / kind).mkdir(exist_ok=True)
        os.mkfifo(team.atlas / "gates" / kind / f".{LEAD}.atlas-tmp")  # nobody reads it: who writes to it waits
    assert "was let go" in lead.stop()["systemMessage"]


def test_odd_events_keep_nobody_from_ending(lead: Turns) -> None:
    for odd in (
        {"background_tasks": 7},
        {"background_tasks": [7]},
        {"prompt_id": ["x"]},
        {"last_assistant_message": 1},
    ):
        assert lead.stop(**odd)
