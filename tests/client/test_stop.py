"""Whether the real client goes on while there is something to do, and is woken when it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from atlas.app import context_at
from atlas.board import status
from atlas.core.records.kinds import WORKFLOW
from tests.conftest import Atlas
from tests.hooks.test_stop import attend, finish, report
from tests.kit.stopping import is_waiting
from tests.kit.team import LEAD, Team, make_team
from tests.support import git, wait_for

from .conftest import ModelFactory
from .model import Request, ScriptedModel, Turn, bash, tool
from .sandbox import HURRIED, Sandbox

AS_LEAD = ("--session-id", LEAD)
UNHURRIED = dict.fromkeys(HURRIED, "")


@pytest.fixture
def team(repo: Path) -> Team:
    team = make_team(repo)
    attend(team)
    return team


def after(event: Callable[[], object], turn: Turn) -> Callable[[Request], Turn]:
    """A step: something happens while the model thinks, then it says this."""

    def step(request: Request) -> Turn:
        event()
        return turn

    return step


@contextmanager
def leading(mode: str, sandbox: Sandbox, model: ScriptedModel, team: Team, plugin: Path) -> Iterator[None]:
    """The lead's session, begun with "Go"; in the end it must have ended by itself, or be at rest."""
    run: dict[str, Any] = {
        "model": model,
        "cwd": team.root,
        "plugin_dirs": [plugin],
        "extra_args": AS_LEAD,
        "env": UNHURRIED,
    }
    if mode == "print":
        done: list[Any] = []
        thread = threading.Thread(target=lambda: done.append(sandbox.run_print("Go", **run)))
        thread.start()
        try:
            yield
        finally:
            thread.join(60)
        assert [one.exit_code for one in done] == [0]
    elif mode == "stream":
        with sandbox.stream(**run) as session:
            session.send("Go")
            yield
    else:
        with sandbox.interactive(**run) as terminal:
            terminal.submit("Go")
            yield


@pytest.mark.parametrize("mode", ["print", "stream", "interactive"])
def test_a_lead_that_waits_asks_no_model_until_an_agent_reports(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, mode: str
) -> None:
    model = scripted("I wait.", "Noted.", after(lambda: finish(team), "All is over."))
    with leading(mode, sandbox, model, team, plugin_copy):
        wait_for(lambda: is_waiting(team.atlas, LEAD))
        report(team, "api", "started")
        model.wait_for_requests(2)
        wait_for(lambda: is_waiting(team.atlas, LEAD))
        assert len(model.requests) == 2
        report(team, "core", "progress", "Half of it.\x1b[2J")
        assert "ann reported core: progress:\n| Half of it. [2J" in model.wait_for_requests(3)[2].latest
    assert "ben reported api: started" in model.requests[1].latest
    assert "ben reported" not in model.requests[2].latest


def test_a_lead_that_stops_with_work_left_is_sent_on_and_finishes(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path, atlas: Atlas, plugin_copy: Path
) -> None:
    check = ("--check", "grep -q Title doc.md")
    for words in (("plan", "Docs"), ("requirement", "add", "--name", "Docs", "--criteria", "has a title", *check)):
        assert atlas(*words, session=LEAD).returncode == 0
    assert atlas("approve", session=LEAD).returncode == atlas("start", session=LEAD).returncode == 0

    def work() -> None:
        (repo / "doc.md").write_text("Title\n", encoding="utf-8")
        git(repo, "add", "--all")
        git(repo, "commit", "--quiet", "--message=Docs")
        assert atlas("report", "docs", "done").returncode == 0

    model = scripted(
        "It is started.",
        bash("atlas register human dev-alice"),
        bash("atlas assign docs dev-alice"),
        after(work, "I have given it away."),
        bash("atlas complete docs"),
        "All is complete.",
    )
    done = sandbox.run_print(
        "Begin", model=model, cwd=repo, plugin_dirs=[plugin_copy], extra_args=AS_LEAD, env=UNHURRIED
    )
    assert (done.result, done.exit_code) == ("All is complete.", 0)
    assert "docs is ready and there is no agent: `atlas register ai NAME`" in model.requests[1].latest
    assert "dev-alice reported docs done. Verify it: `atlas complete docs`" in model.requests[4].latest
    assert context_at(str(repo)).store.read(lambda tx: tx.all(WORKFLOW))[0]["status"] == "complete"


@pytest.mark.parametrize("between", [[], [bash("true")]], ids=["idle", "busy"])
def test_a_stubborn_model_is_let_go_and_the_person_is_told(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, between: list[Any]
) -> None:
    report(team, "core")
    model = scripted(*["I stop.", *between] * 5, "I stop for good.")
    arguments: dict[str, Any] = {"model": model, "cwd": team.root, "plugin_dirs": [plugin_copy]}
    with sandbox.interactive(**arguments, extra_args=AS_LEAD, env=UNHURRIED) as session:
        session.submit("Go")
        shown = session.wait_for(lambda screen: "sent on 5 times and stopped incomplete" in " ".join(screen.split()))
        assert "I stop for good." in shown
    ((one),) = status.board_status(team.context())["stopped"]
    assert (one["session"], "ann reported core done" in one["reason"]) == (LEAD, True)
    wait_for(lambda: not sandbox.processes())


def test_an_ordinary_session_in_the_same_project_is_never_touched(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    report(team, "core")
    model = scripted("Done.")
    run = sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], env=UNHURRIED)
    assert (run.result, run.events.init.get("plugin_errors", [])) == ("Done.", [])
    assert not (team.atlas / "gates/stops").exists()


def test_an_agent_goes_on_until_it_has_said_how_it_stands(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    model = scripted("I stop.", bash("atlas report api done"), "Done.")
    place = team.workspace("api")
    run = sandbox.run_print("Go", model=model, cwd=place, plugin_dirs=[plugin_copy], env=UNHURRIED)
    assert run.result == "Done."
    assert "api is neither done nor blocked: go on with it" in model.requests[1].latest


def test_a_subagent_of_the_lead_is_held_to_its_module_and_then_the_lead_is_sent_on(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    place = team.workspace("api")
    prompt = f"[TASK] Module: api - UUID: task-{1:012x}\nYou do api."
    how = {"subagent_type": "atlas:worker", "run_in_background": False}
    model = scripted(
        tool("Agent", description="Work", prompt=prompt, **how), "I stop.", after(lambda: finish(team), "All is over.")
    )
    model.route(
        lambda request: "You do api." in request.opening,
        bash(f"cd '{place}' && ls"),
        "I stop.",
        bash(f"cd '{place}' && atlas report api done"),
        "It is done.",
    )
    run = sandbox.run_print(
        "Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD, env=UNHURRIED
    )
    assert run.result == "All is over."
    said = [request.latest for request in model.requests]
    assert any("api is neither done nor blocked: go on with it" in words for words in said)
    assert any("ben reported api done. Verify it: `atlas complete api`" in words for words in said)


def test_who_is_spoken_to_is_not_woken_as_well_and_nothing_outlives_the_session(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    model = scripted("I wait.", after(lambda: report(team, "api", "started"), "Not far."), "Noted.")
    arguments: dict[str, Any] = {"model": model, "cwd": team.root, "plugin_dirs": [plugin_copy]}
    with sandbox.interactive(**arguments, extra_args=AS_LEAD, env=UNHURRIED) as session:
        session.submit("Go")
        wait_for(lambda: is_waiting(team.atlas, LEAD))
        first = (team.atlas / "gates/waiters" / LEAD).read_text().split()[0]
        session.submit("How far are you?")
        model.wait_for_requests(3)
        wait_for(lambda: is_waiting(team.atlas, LEAD))
        assert "ben reported api: started" in model.requests[2].latest
        assert not Path(f"/proc/{first}").exists()
        session.submit("/exit")
        wait_for(lambda: not sandbox.processes())
    assert len(model.requests) == 3
