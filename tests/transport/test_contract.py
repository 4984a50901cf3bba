"""What holds by whatever transport an agent is reached; run by `make test-maestro` against a real AI Maestro, too."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import script_of
from tests.kit.linked import Linked, begin
from tests.kit.maestro_server import host
from tests.support import MAESTRO, PYTHON

MESSAGE = ("--subject", "Subject", "--message", "Message body")


class Agents:
    """Two agents of a project, `one` and `two`, and what reaches them."""

    def __init__(self, project: Linked) -> None:
        self.project = project

    def inbox(self, agent: str) -> list[tuple[str, str]]:
        """Subject and body of what is in an agent's mailbox, oldest first."""
        found = self.project.does("inbox", agent, "--peek")["messages"]
        return [(message["subject"], message["body"]) for message in found]

    def subjects(self, agent: str) -> list[str]:
        return [subject for subject, _ in self.inbox(agent)]


class Elsewhere(Agents):
    """Agents that AI Maestro at `url` reaches, by the names that it has for them."""

    def __init__(self, project: Linked, url: str, names: dict[str, str]) -> None:
        super().__init__(project)
        self._url, self._names = url, names

    def inbox(self, agent: str) -> list[tuple[str, str]]:
        name = self._names[agent]
        listed = self._get(agent=name, box="inbox", limit="0")["messages"][::-1]
        whole = [self._get(agent=name, id=summary["id"]) for summary in listed]
        return [(message["subject"].rpartition(" [")[0], message["content"]["message"]) for message in whole]

    def _get(self, **query: str) -> Any:
        return call(f"{self._url}/api/messages?{urllib.parse.urlencode(query)}")


def call(url: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


@pytest.fixture(params=["ai-maestro"] if MAESTRO else ["built-in", "ai-maestro"])
def agents(request: pytest.FixtureRequest, started: Path, repo: Path, tmp_path: Path) -> Iterator[Agents]:
    if request.param == "built-in":
        project = begin(started, repo)
        project.walk([["register", "ai", name, "--id", name] for name in ("one", "two")])
        yield Agents(project)
        return
    server = None if MAESTRO else host(tmp_path / "home")
    url = MAESTRO or (server.url if server else "")
    names = {name: f"atlas-test-{name}-{uuid.uuid4().hex[:8]}" for name in ("one", "two")}
    for name in names.values():
        call(
            f"{url}/api/agents", {"name": name, "program": "none", "taskDescription": "a test", "createSession": False}
        )
    project = begin(started, repo, url)
    project.walk([["register", "ai", name, "--id", agent] for agent, name in names.items()])
    yield Elsewhere(project, url, names)
    if server:
        server.stop()


def test_a_message_arrives_as_it_was_written(agents: Agents) -> None:
    body = "first\n\n  indented `$(x)`\ttab \u200d é 漢 \U0001f600\nlast"
    message = agents.project.does("notify", "one", "--subject", " a\n b ", "--message", body)["message"]
    assert agents.inbox("one") == [("a b", body)]
    assert agents.inbox("two") == []
    assert (message["status"], message["seen_at"]) == ("sent", None)


def test_the_longest_message_arrives_and_a_longer_one_is_refused(agents: Agents) -> None:
    agents.project.does("notify", "one", "--subject", "s" * 300, "--message", "é" * 60_000)
    ((subject, body),) = agents.inbox("one")
    assert (len(subject), body) == (200, "é" * 60_000)
    assert "longer than 100000" in agents.project.refuses("notify", "one", "--subject", "s", "--message", "x" * 100_001)


def test_messages_arrive_in_their_order(agents: Agents) -> None:
    names = [str(number) for number in range(4)]
    for name in names:
        agents.project.does("notify", "one", "--subject", name, "--message", "m")
    assert agents.subjects("one") == names


def test_commands_at_once(agents: Agents) -> None:
    names = {str(number) for number in range(4)}
    commands = [
        subprocess.Popen(
            [str(PYTHON), str(script_of("notify")), "one", "--subject", name, "--message", "m"],
            cwd=agents.project.folder,
            env={**os.environ, **agents.project.env},
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [command.wait(60) for command in commands] == [0] * len(names)
    assert sorted(agents.subjects("one")) == sorted(names)


def test_a_request_id_sends_once(agents: Agents) -> None:
    for _ in range(2):
        agents.project.does("notify", "one", *MESSAGE, "--request-id", "r")
    assert agents.subjects("one") == ["Subject"]


def test_a_task_names_its_assignment_and_is_told_when_its_workspace_is_ready(agents: Agents) -> None:
    agents.project.does("assign", "auth-core", "one")
    task = agents.project.module("auth-core")["task_uuid"]
    ((subject, body),) = agents.inbox("one")
    assert subject == f"[TASK] Module: Auth core - UUID: {task}"
    assert "worktrees/auth-core" in body


def test_who_loses_a_module_is_told_to_stop_before_the_next_is_told_to_begin(agents: Agents) -> None:
    agents.project.does("assign", "docs", "one", "--no-workspace")
    agents.project.does("reassign", "docs", "--to", "two", "--no-workspace")
    assert [subject[:6] for subject in agents.subjects("one")] == ["[TASK]", "[STOP]"]
    assert [subject[:6] for subject in agents.subjects("two")] == ["[TASK]"]


def test_a_poll_is_sent_and_counted(agents: Agents) -> None:
    agents.project.does("assign", "docs", "one", "--no-workspace")
    agents.project.does("poll", "one")
    assert agents.subjects("one")[1:] == ["[POLL] Module: Docs - Progress Check #1"]
    assert agents.project.assignment("docs")["progress_polling"]["poll_count"] == 1


def test_nothing_waits_and_nobody_is_told_twice(agents: Agents) -> None:
    agents.project.does("notify", "one", *MESSAGE)
    for _ in range(2):
        agents.project.does("check-agents")
    assert agents.subjects("one") == ["Subject"]
    assert agents.project.does("status")["unsent_messages"] == []


def test_the_state_is_sound_afterwards(agents: Agents) -> None:
    agents.project.does("notify", "one", *MESSAGE)
    agents.project.does("inbox", "lead")
    found = agents.project.does("doctor")
    assert found["problems"] == 0, found
