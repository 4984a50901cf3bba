"""The harness itself: a test that relies on it must be able to fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import wait_for

from . import clients
from .clients import REAL_HOME, ClientMissing
from .conftest import ModelFactory
from .model import EXHAUSTED, Request, ScriptedModel, bash, text, tool
from .sandbox import Sandbox, refuse_real_home


def test_print_mode_shows_the_model_the_results_of_parallel_calls(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path
) -> None:
    model = scripted([text("Both."), bash("echo one"), bash("echo two; exit 3")], "Finished.")
    run = sandbox.run_print("Say hello", model=model, cwd=repo)
    assert (run.exit_code, run.result, run.stderr) == (0, "Finished.", "")
    first, second = model.requests
    assert "Say hello" in first.latest
    assert "Bash" in first.tools
    one, two = second.tool_results
    assert (one.text, one.is_error) == ("one", False)
    assert "two" in two.text
    assert two.is_error


def test_a_step_can_answer_what_it_is_shown(sandbox: Sandbox, scripted: ModelFactory, repo: Path) -> None:
    model = scripted(bash("echo tell-me"), lambda request: f"It said {request.tool_results[0].text}.")
    assert sandbox.run_print("Go", model=model, cwd=repo).result == "It said tell-me."


def test_a_subagent_has_a_script_of_its_own(sandbox: Sandbox, scripted: ModelFactory, repo: Path) -> None:
    helper = {"prompt": "You are the helper.", "subagent_type": "general-purpose", "run_in_background": False}
    model = scripted(tool("Agent", description="Helper", **helper), "The helper is done.")
    model.route(lambda request: "You are the helper." in request.opening, "Helped.")
    assert sandbox.run_print("Call the helper", model=model, cwd=repo).result == "The helper is done."
    assert "Helped." in model.requests[-1].tool_results[0].text


def test_streaming_keeps_the_session_between_messages(sandbox: Sandbox, scripted: ModelFactory, repo: Path) -> None:
    model = scripted("First answer.", "Second answer.")
    with sandbox.stream(model=model, cwd=repo) as session:
        assert session.ask("First question") == "First answer."
        assert session.ask("Second question") == "Second answer."
        assert session.close() == 0
    assert "First question" in model.requests[1].conversation
    assert "First question" not in model.requests[1].latest


def test_waiting_for_an_event_ends_when_the_session_does(sandbox: Sandbox, scripted: ModelFactory, repo: Path) -> None:
    with sandbox.stream(model=scripted(), cwd=repo) as session:
        session.close()
        with pytest.raises(AssertionError, match="the session ended"):
            session.wait_for(lambda event: event["type"] == "never")


def test_a_person_types_into_a_terminal(sandbox: Sandbox, scripted: ModelFactory, repo: Path) -> None:
    words = 'It\'s "quoted"; $(echo x) `y` — 日本語'
    model = scripted("A fine answer.")
    with sandbox.interactive(model=model, cwd=repo) as session:
        session.submit(words)
        session.wait_for("A fine answer.")
        assert sandbox.processes()
    assert words in model.requests[0].latest
    wait_for(lambda: not sandbox.processes())


def test_a_run_that_takes_too_long_is_ended(sandbox: Sandbox, repo: Path) -> None:
    hang = "python3 -c 'import threading; print(1, flush=True); threading.Event().wait()'"
    with ScriptedModel(bash(hang)) as model, pytest.raises(AssertionError, match="did not end in 3 s"):
        sandbox.run_print("Hang", model=model, cwd=repo, timeout=3)
    assert any("threading" in command for command in sandbox.processes().values())
    sandbox.end_processes()
    wait_for(lambda: not sandbox.processes())


def test_a_script_that_runs_out_is_a_failure(sandbox: Sandbox, repo: Path) -> None:
    with ScriptedModel(bash("echo only step")) as model:
        assert sandbox.run_print("Go", model=model, cwd=repo).result == EXHAUSTED
    with pytest.raises(AssertionError, match="only step"):
        model.check()


def test_a_step_that_raises_or_is_left_over_is_a_failure() -> None:
    def wrong(request: Request) -> str:
        raise ValueError("not what was expected")

    request = Request({"tools": [{"name": "Bash"}], "messages": [{"role": "user", "content": "Hi"}]})
    raising, unused = ScriptedModel(wrong), ScriptedModel("never asked for")
    with raising, unused:
        raising.answer(request)
        with pytest.raises(AssertionError, match="not what was expected"):
            raising.check()
        with pytest.raises(AssertionError, match="1 steps"):
            unused.check()


def test_requests_without_tools_are_not_part_of_the_script() -> None:
    with ScriptedModel("kept for the session") as model:
        model.answer(Request({"messages": [{"role": "user", "content": "A title, please"}]}))
        assert model.requests == []


def test_the_real_home_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    for home in (REAL_HOME, REAL_HOME / ".claude", Path("/"), tmp_path):
        with pytest.raises(AssertionError):
            sandbox.environment(env={"CLAUDE_CONFIG_DIR": str(home)})
        with pytest.raises(AssertionError):
            sandbox.environment(env={"HOME": str(home)})
    with pytest.raises(AssertionError, match="real home"):
        refuse_real_home(REAL_HOME / "scratch", REAL_HOME)
    with pytest.raises(AssertionError, match="person's own"):
        refuse_real_home(REAL_HOME / ".claude" / "sandbox" / "home", REAL_HOME / ".claude" / "sandbox")


def test_nothing_of_the_machine_reaches_the_client(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "secret of the machine")
    model = scripted(bash("env"), "Seen.")
    sandbox.run_print("Go", model=model, cwd=repo)
    [result] = model.requests[1].tool_results
    assert f"HOME={sandbox.home}" in result.text
    assert "secret of the machine" not in result.text


def test_a_missing_client_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_TEST_CACHE", str(tmp_path))
    with pytest.raises(ClientMissing, match=r"run `python -m tests\.client\.clients`"):
        clients.locate(clients.OLDEST_SUPPORTED)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(ClientMissing, match=r"install Node\.js"):
        clients.fetch(clients.OLDEST_SUPPORTED)


def test_an_unknown_choice_of_clients_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_TEST_CLIENTS", "oldest")
    with pytest.raises(ValueError, match="newest or all"):
        clients.wanted()
