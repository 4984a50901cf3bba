"""Whoever was let go to wait is woken by what concerns it, once, and by nothing else."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import lock
from atlas.board import status
from atlas.core import clock
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE, QUESTION, SESSION, WORKFLOW
from atlas.core.records.rows import new_question
from atlas.services.messages import discoveries, interrupts, mailbox
from atlas.services.project import pause
from tests.conftest import script_of
from tests.kit.state import history_of
from tests.kit.stopping import Turns, Waiter
from tests.kit.stub_plugin import make_stub_plugin, play
from tests.kit.team import LEAD, PLAN, Team
from tests.support import PYTHON, run, wait_for

from .test_stop import WORKER, as_child_of, attend, finish, report


@pytest.fixture(autouse=True)
def _end_waiters() -> Iterator[None]:
    yield
    Waiter.end_all()


@pytest.fixture
def lead(team: Team) -> Turns:
    """Waits for its agents, who are at work."""
    attend(team)
    return Turns(team.root, LEAD)


@pytest.fixture
def waiter(lead: Turns) -> Waiter:
    return lead.wait()


def mail(team: Team, to: str, subject: str = "A word") -> None:
    team.put(lambda tx: mailbox.post_message(tx, to, subject, "Look at this."))


def lose_a_message(team: Team) -> None:
    def run(tx: Any) -> None:
        sent = mailbox.post_message(tx, "ben", "Lost", "Where is it?", held=True)
        tx.patch(MESSAGE, sent, status="failed", error="refused\n| forged", attempts=1, held=False)
        tx.emit("MessageFailed", message=sent["id"], to="ben", attempts=1, text="refused\n| forged")

    team.put(run)


def make_due(team: Team, seconds: int) -> None:
    def run(tx: Any) -> None:
        assignment = next(one for one in tx.all(ASSIGNMENT) if one["module"] == "core")
        assignment["progress_polling"]["next_poll_due"] = clock.add_seconds(clock.current_time(), seconds)
        tx.put(ASSIGNMENT, assignment)

    team.put(run)


NEWS: dict[str, tuple[Callable[[Team], Any], str]] = {
    "a report": (
        lambda team: report(team, "core", "progress", "half of it"),
        "- ann reported core: progress:\n| half of",
    ),
    "done": (
        lambda team: report(team, "core"),
        "next for you: ann reported core done. Verify it: `atlas complete core`",
    ),
    "a discovery": (lambda team: team.find("It is late."), "- ann found something critical about core:\n| It is late."),
    "a conflict": (
        lambda team: team.put(lambda tx: discoveries.tell_workspaces(tx, [], "api and core would conflict in a.py")),
        "- atlas found something important:\n| api and core would conflict",
    ),
    "mail": (lambda team: mail(team, "lead", "[POLL]\x1b[2J late"), "wrote to you, msg-"),
    "a lost message": (lose_a_message, "could not be delivered to ben:\n| refused | forged"),
}


@pytest.mark.parametrize("news", NEWS)
def test_the_lead_is_woken_by_what_happens(team: Team, waiter: Waiter, news: str) -> None:
    assert waiter.waits(0.3)
    happen, words = NEWS[news]
    happen(team)
    told = waiter.woken()
    assert words in told
    assert "\x1b" not in told
    assert not (team.atlas / "gates/waiters" / LEAD).exists()


def polls(team: Team) -> list[str]:
    """Whom the mail of a poll has gone out to."""
    sent = team.context().store.read(lambda tx: tx.all(MESSAGE))
    return [one["to"] for one in sent if one["type"] == "progress_poll" and one["sent_at"]]


def test_who_is_to_be_polled_is_polled_without_the_model(team: Team, lead: Turns) -> None:
    make_due(team, -1)
    waiter = lead.wait()
    wait_for(lambda: polls(team) == ["ann"])
    assert waiter.waits()
    report(team, "core", "progress", "news")
    assert "news" in waiter.woken()


def test_what_the_waiter_does_is_done_by_atlas_and_by_no_person(team: Team, lead: Turns) -> None:
    make_due(team, -1)
    lead.wait()
    wait_for(lambda: polls(team) == ["ann"])
    entry = [one for one in map(json.loads, history_of(team.root).read_text().splitlines()) if "verb" in one][-1]
    assert (entry["verb"], entry["actor"]) == ("check-agents", {"role": "atlas", "agent": None, "session": None})
    (asked,) = team.context().store.read(lambda tx: tx.where(MESSAGE, type="progress_poll"))
    assert asked["sender"] == "atlas"
    assert f"{asked['id']} from atlas at " in run(PYTHON, script_of("inbox"), "ann", "--peek", cwd=team.root).stdout


def test_polls_that_cannot_be_sent_are_for_the_model(team: Team, lead: Turns) -> None:
    far = {"transport": "ai-maestro", "address": "far-away"}
    team.put(lambda tx: tx.patch(AGENT, tx.need(AGENT, "ann"), **far))
    lead.env["AIMAESTRO_API"] = "http://127.0.0.1:9"
    waiter = lead.wait()
    make_due(team, 1)
    assert "Nothing was heard of ann about core for a while: `atlas check-agents`" in waiter.woken()
    assert polls(team) == []


def test_a_poll_that_does_not_end_ends_with_the_next_prompt(team: Team, lead: Turns) -> None:
    make_due(team, -1)
    with lock.lock_store(str(team.atlas)):
        waiter = lead.wait()
        wait_for(lambda: "check-agents" in Path(f"/proc/{innermost(waiter.process.pid)}/cmdline").read_text())
        asking = innermost(waiter.process.pid)
        lead.prompt("How far are you?")
        assert waiter.ended() == ""
    assert not Path(f"/proc/{asking}").exists()
    assert polls(team) == []


def test_a_poll_that_does_not_end_in_time_is_for_the_model(team: Team, lead: Turns, tmp_path: Path) -> None:
    plugin = make_stub_plugin(tmp_path / "plugin")
    play(plugin, "import time; time.sleep(600)")
    watch = plugin / "hooks/watch.py"
    watch.write_text(watch.read_text().replace("\nPOLL_SECONDS = 60.0\n", "\nPOLL_SECONDS = 0.3\n"))
    lead.env["CLAUDE_PLUGIN_ROOT"] = str(plugin)
    make_due(team, -1)
    assert "`atlas check-agents`" in lead.wait().woken()


def test_what_it_did_itself_and_what_does_not_concern_it_wakes_nobody(team: Team, waiter: Waiter) -> None:
    discoveries.share_discovery(team.context(LEAD), "info", ["core"], {"text": "its own"})
    mail(team, "ben")
    team.put(lambda tx: tx.patch(SESSION, tx.need(SESSION, "of-ann"), last_seen=tx.at))
    assert waiter.waits()
    report(team, "core", "progress", "news")
    assert "its own" not in waiter.woken()


def test_what_it_was_told_it_is_not_told_again(team: Team, lead: Turns, waiter: Waiter) -> None:
    report(team, "core", "progress", "the first")
    assert "the first" in waiter.woken()
    next_one = lead.wait()
    assert next_one.waits()
    report(team, "core", "progress", "the second")
    assert "the first" not in next_one.woken()


def test_what_happened_while_it_was_at_work_is_told_as_soon_as_it_waits(
    team: Team, lead: Turns, waiter: Waiter
) -> None:
    report(team, "core", "progress", "the first")
    waiter.woken()
    report(team, "api", "progress", "the second")
    next_one = lead.wait()
    assert "the second" in next_one.woken()


def test_what_happens_between_the_decision_and_the_wait_is_not_lost(team: Team, lead: Turns) -> None:
    lead.stop()
    report(team, "core", "progress", "just now")
    assert "just now" in lead.waiter().woken()


def test_it_is_short_whatever_happened(team: Team, waiter: Waiter) -> None:
    python = innermost(waiter.process.pid)
    os.kill(python, signal.SIGSTOP)
    for number in range(30):
        team.find("x" * 3000 + f"\n{number}", "info")
    os.kill(python, signal.SIGCONT)
    told = waiter.woken()
    assert len(told) < 9000
    assert "and 18 more: `atlas history` has them all" in told


def innermost(pid: int) -> int:
    """The process that a chain of processes ends with."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return innermost(int(children[0])) if children else pid


# One waiter, and its end


def test_a_newer_one_takes_its_place(team: Team, lead: Turns, waiter: Waiter) -> None:
    next_one = lead.wait()
    assert waiter.ended() == ""
    report(team, "core", "progress", "news")
    assert "news" in next_one.woken()


def test_it_ends_when_the_person_says_something_but_not_at_a_command(lead: Turns, waiter: Waiter) -> None:
    lead.prompt("/atlas-status")
    assert waiter.waits()
    lead.prompt("How far are you?")
    assert waiter.ended() == ""


def test_it_ends_with_the_session(lead: Turns, waiter: Waiter) -> None:
    lead.end()
    assert waiter.ended() == ""


def test_it_ends_with_the_client(team: Team, lead: Turns) -> None:
    lead.client = as_child_of()
    waiter = lead.wait()
    waiter.process.kill()
    waiter.process.wait()
    assert waiter.process.communicate(timeout=20) == (b"", b""), "until it has ended, it holds the pipes open"


def test_it_ends_when_the_session_leads_no_more(team: Team, waiter: Waiter) -> None:
    team.put(lambda tx: tx.patch(WORKFLOW, tx.need(WORKFLOW, PLAN), lead="another-one"))
    assert waiter.ended() == ""


def test_it_ends_when_all_is_complete(team: Team, waiter: Waiter) -> None:
    finish(team)
    assert waiter.ended() == ""


def test_nobody_waits_who_was_sent_on_or_has_nothing_to_wait_for(team: Team, lead: Turns) -> None:
    report(team, "core")
    assert lead.stop()["decision"] == "block"
    assert lead.waiter().ended() == ""
    finish(team)
    lead.stop()
    assert lead.waiter().ended() == ""


def test_while_the_gates_are_lifted_nobody_is_woken(team: Team, waiter: Waiter) -> None:
    pause.begin_pause(team.context(), "a look around", None)
    report(team, "core")
    assert waiter.waits()
    pause.end_pause(team.context(), "", None)
    assert "atlas complete core" in waiter.woken()


def test_when_its_time_is_up_the_person_and_the_status_are_told(team: Team, lead: Turns) -> None:
    lead.env["ATLAS_WAIT_SECONDS"] = "1"
    assert "is not woken any more" in lead.wait().ended()
    ((_, reason),) = [(one["agent"], one["reason"]) for one in status.board_status(team.context())["stopped"]]
    assert "nothing happened" in reason
    lead.stop()
    assert status.board_status(team.context())["stopped"] == []


# Who waits


def test_an_agent_in_a_terminal_is_woken_by_its_mail_and_by_an_interrupt(team: Team) -> None:
    worker = Turns(team.workspace("api"), WORKER)
    worker.start()
    report(team, "api")
    waiter = worker.wait()
    team.find("For somebody else.", "info")
    assert waiter.waits()
    mail(team, "ben", "[TASK] Look")
    told = waiter.woken()
    assert "| [TASK] Look" in told
    assert "`atlas inbox ben`" in told
    worker.batch()
    waiter = worker.wait()
    interrupts.interrupt_agent(team.context(LEAD), "ben", "Stop that.")
    assert "lead has a word for you, which you get before your next tool call" in waiter.woken()


def test_without_a_terminal_an_agent_waits_for_the_leads_word_only(team: Team) -> None:
    worker = Turns(team.workspace("api"), WORKER, {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli"})
    worker.start()
    report(team, "api")
    worker.stop()
    assert worker.waiter().ended() == ""
    report(team, "api", "started")
    ask(team)
    waiter = worker.wait()
    assert waiter.waits()
    mail(team, "ben", "RE: [TASK]")
    assert "RE: [TASK]" in waiter.woken()


def ask(team: Team) -> None:
    def run(tx: Any) -> None:
        assignment = next(one for one in tx.all(ASSIGNMENT) if one["module"] == "api")
        asked = new_question(task_uuid=assignment["task_uuid"], seq=1, id="q1", text="Why?", asked_at=tx.at)
        tx.put(QUESTION, asked)
        assignment["instruction_verification"]["questions_asked"] = 1
        tx.put(ASSIGNMENT, assignment)

    team.put(run)


def test_a_session_that_is_told_its_news_anyway_does_not_wait(team: Team, lead: Turns) -> None:
    lead.env["ATLAS_SUPERVISED"] = "1"
    lead.stop()
    assert lead.waiter().ended() == ""


def test_a_run_for_one_prompt_leaves_it_to_the_client_to_wait_for_subagents(team: Team, lead: Turns) -> None:
    lead.env["CLAUDE_CODE_ENTRYPOINT"] = "sdk-cli"
    lead.client = as_child_of("-p")
    running = [{"id": "a1", "type": "subagent", "status": "running"}]
    lead.stop(background_tasks=running)
    assert lead.waiter(background_tasks=running).ended() == ""
