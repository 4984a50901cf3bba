"""Agents' sessions that ATLAS starts in their workspaces with the real client, keeps going, and ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.system.process import process_birth
from tests.conftest import Atlas
from tests.kit.handshake import handshake
from tests.support import run, wait_for

from .conftest import ModelFactory
from .model import ScriptedModel, bash, tool
from .sandbox import Sandbox

Launch = Callable[..., Any]


@pytest.fixture
def project(repo: Path, atlas: Atlas) -> Path:
    """An orchestration whose one module is an AI agent's, in a workspace."""
    for words in (
        ("plan", "Greet"),
        ("requirement", "add", "--name", "Greeting", "--criteria", "greets", "--check", "test -f hello.txt"),
        ("approve",),
        ("start",),
        ("register", "ai", "helper"),
        ("assign", "greeting", "implementer-1"),
    ):
        done = atlas(*words)
        assert done.returncode == 0, done.stderr
    return repo


def environment(sandbox: Sandbox, model: ScriptedModel) -> dict[str, str]:
    return {**sandbox.environment(model, {}), "CLAUDE_CODE_SESSION_ID": "session-of-the-lead"}


def launch(atlas: Atlas, sandbox: Sandbox, model: ScriptedModel, *words: str) -> Any:
    binary = str(sandbox.client.binary)
    done = atlas("launch", "implementer-1", "--client", binary, *words, "--json", env=environment(sandbox, model))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"]


def state(atlas: Atlas) -> Any:
    return json.loads(atlas("status", "--json").stdout)["result"]


def workspace(project: Path) -> Any:
    tables = json.loads((project / ".claude/PARALLEL_STATUS.json").read_text(encoding="utf-8"))
    return tables["workspaces"]["greeting"]


def client_of(process: Any) -> int | None:
    """The client that a supervisor runs."""
    children = Path(f"/proc/{process['pid']}/task/{process['pid']}/children").read_text().split()
    return int(children[0]) if children else None


def test_print_tells_the_command_and_a_prompt_with_the_assignment(project: Path, atlas: Atlas) -> None:
    done = atlas("launch", "implementer-1", "--print", "--json")
    result = json.loads(done.stdout)["result"]
    (assignment,) = state(atlas)["active_assignments"]
    folder = project / ".claude/worktrees/greeting"
    assert assignment["task_uuid"] in result["prompt"]
    assert str(folder) in result["prompt"]
    assert result["command"].startswith(f"cd '{folder}' && claude --plugin-dir ")
    assert result["subagent_type"] == "atlas:worker"
    assert workspace(project)["process"] is None


def test_a_headless_agent_works_is_told_of_mail_and_ends_with_its_work(
    project: Path, atlas: Atlas, sandbox: Sandbox, scripted: ModelFactory
) -> None:
    file = project / ".claude/worktrees/greeting/hello.txt"
    for step in handshake("greeting", file="hello.txt"):
        assert atlas(*step).returncode == 0
    model = scripted(
        bash("atlas inbox implementer-1 && atlas report greeting started"),
        tool("Write", file_path=str(file), content="hello\n"),
        "Waiting for more.",
        bash("atlas inbox implementer-1"),
        bash("git add hello.txt && git commit -qm Greet && atlas report greeting done"),
        "Done.",
    )
    process = launch(atlas, sandbox, model, "--headless")["process"]
    wait_for(lambda: len(model.requests) >= 3, 60)
    assert atlas("notify", "implementer-1", "--subject", "More", "--message", "commit it").returncode == 0
    wait_for(lambda: state(atlas)["modules"][0]["status"] == "pending_verification", 60)
    assert "commit it" in model.requests[4].conversation
    again = atlas("launch", "implementer-1", "--headless", "--client", str(sandbox.client.binary))
    assert again.returncode == 1
    assert "running already" in again.stderr
    done = atlas("complete", "greeting")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: process_birth(process["pid"]) is None, 60)
    (session,) = (s for s in state(atlas)["sessions"] if s["agent"] == "implementer-1")
    assert session["id"] != "session-of-the-lead"


def test_a_session_that_dies_is_resumed_where_it_was(
    project: Path, atlas: Atlas, sandbox: Sandbox, scripted: ModelFactory
) -> None:
    model = scripted(bash("atlas inbox implementer-1"), "Thinking.", "Back again.")
    process = launch(atlas, sandbox, model, "--headless")["process"]
    wait_for(lambda: len(model.requests) >= 2 and workspace(project)["process"]["session"], 60)
    wait_for(lambda: any("Thinking." in file.read_text() for file in sandbox.config.glob("projects/*/*.jsonl")), 60)
    first = client_of(process)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    request = wait_for(lambda: model.requests[2:3], 60)[0]
    assert "was resumed" in request.latest
    assert "[TASK] Module: Greeting" in request.conversation, "the conversation goes on"
    assert client_of(process) != first
    assert atlas("stop-agent", "implementer-1").returncode == 0


def test_stopping_ends_that_session_and_no_other(
    project: Path, atlas: Atlas, sandbox: Sandbox, scripted: ModelFactory, tmp_path: Path
) -> None:
    model = scripted(bash("atlas inbox implementer-1"), "Waiting.", "Other.")
    process = launch(atlas, sandbox, model, "--headless")["process"]
    wait_for(lambda: len(model.requests) >= 2, 60)
    client = client_of(process)
    with sandbox.stream(model=model, cwd=tmp_path) as other:
        done = atlas("stop-agent", "implementer-1", "--json")
        assert [one["was_running"] for one in json.loads(done.stdout)["result"]["ended"]] == [True]
        wait_for(lambda: client is not None and process_birth(client) is None, 30)
        assert process_birth(process["pid"]) is None
        assert other.ask("Still there?") == "Other."
    assert workspace(project)["process"] is None
    assert "no session" in atlas("stop-agent", "implementer-1").stdout


# In a terminal that nobody looks at

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@pytest.fixture
def terminal(project: Path, atlas: Atlas, sandbox: Sandbox, tmp_path: Path) -> Iterator[Launch]:
    """Launches the agent in a tmux server of the test's own; what it started is ended."""
    own = {"TMUX_TMPDIR": str(tmp_path)}

    def start(model: ScriptedModel, wait: int) -> subprocess.CompletedProcess[str]:
        words = ("--tmux", "--wait", str(wait), "--client", str(sandbox.client.binary), "--json")
        return atlas("launch", "implementer-1", *words, env={**environment(sandbox, model), **own})

    yield start
    stopped = atlas("stop-agent", "implementer-1", env=own)
    assert "was ended" in stopped.stdout
    assert workspace(project)["process"] is None
    run("tmux", "kill-server", env=own)


@needs_tmux
def test_a_dialog_that_it_waits_at_is_shown(
    project: Path, sandbox: Sandbox, scripted: ModelFactory, terminal: Launch
) -> None:
    sandbox.accept(project / ".claude/worktrees/greeting", trust=False)
    done = terminal(scripted(), 5)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)["result"]
    assert result["process"]["tmux"] == "atlas-greeting"
    assert "trust" in result["waiting_at"]


@needs_tmux
def test_it_begins_without_a_permission_prompt_and_can_be_attached_to(
    project: Path, atlas: Atlas, sandbox: Sandbox, scripted: ModelFactory, terminal: Launch
) -> None:
    sandbox.accept(project / ".claude/worktrees/greeting")
    model = scripted(bash("atlas inbox implementer-1"), "Reading.")
    done = terminal(model, 30)
    assert done.returncode == 0, done.stderr
    wait_for(lambda: len(model.requests) >= 2)
    assert json.loads(done.stdout)["result"]["waiting_at"] is None
    assert state(atlas)["not_seen_yet"] == []
