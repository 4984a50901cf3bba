"""The stand-in answers as the real server was recorded to, request by request and field by field.

The recordings are what a real AI Maestro 0.36.36 answered, in order. What differs by nature (ids, times, labels that it
makes up) is replaced by what it stands for: the same id twice must be the same id twice here, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.kit.maestro import Maestro

RECORDINGS = Path(__file__).with_name("recordings")
_IDS = re.compile(r"msg[-_]\d{13}[-_]\w{7}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_MADE_UP = ("label", "displayName", "avatar", "fromLabel", "toLabel")


class Names:
    """What ids stand for: the order in which they were met."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def plain(self, value: Any, key: str = "") -> Any:
        """A value without what differs from one run to the next."""
        if isinstance(value, dict):
            return {name: self.plain(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            found = [self.plain(inner) for inner in value]
            return sorted(found) if all(isinstance(inner, str) for inner in found) else found
        if not isinstance(value, str):
            return value
        return "<made up>" if key in _MADE_UP else _TIME.sub("<time>", _IDS.sub(self._stands_for, value))

    def _stands_for(self, found: re.Match[str]) -> str:
        return self.known.setdefault(found[0].replace("_", "-"), f"<id {len(self.known)}>")


class Replay:
    """A server that is asked what was asked when the recordings were made."""

    def __init__(self, server: Maestro) -> None:
        self.server, self.theirs, self.ours = server, Names(), Names()

    def ask(self, recorded: Any, server: Maestro | None = None) -> None:
        """Ask what was recorded, of this or another server, and compare the answers."""
        request, response = recorded["request"], recorded["response"]
        target, body = self._translated(request["path"]), request["body"]
        sent = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        status, answer = (server or self.server).answer(request["method"], target, self._translated(sent).encode())
        assert status == response["status"], recorded["label"]
        assert self.ours.plain(answer) == self.theirs.plain(response["body"]), recorded["label"]

    def _translated(self, text: str) -> str:
        """A recorded text with the ids that our server gave."""
        ours = {stands_for: own for own, stands_for in self.ours.known.items()}
        return _IDS.sub(lambda found: self._own(found[0], ours), text)

    def _own(self, recorded: str, ours: dict[str, str]) -> str:
        found = ours.get(self.theirs.known.get(recorded.replace("_", "-"), ""), recorded)
        return found.replace("-", "_") if recorded.startswith("msg_") else found


def load(name: str) -> list[Any]:
    recorded: list[Any] = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
    return recorded


def known(server: Maestro) -> Maestro:
    """The sessions and agents that there were when messages were recorded."""
    server.add_session("proj-alpha", label="Alpha")
    server.add_session("proj-beta")
    server.add_agent("orchestrator")
    return server


def test_sessions_and_agents() -> None:
    replay = Replay(Maestro())
    for recorded in load("agents"):
        replay.ask(recorded)


def test_messages() -> None:
    replay = Replay(known(Maestro()))
    for recorded in load("messages"):
        replay.ask(recorded)


def test_two_hosts() -> None:
    here, there = known(Maestro()), Maestro("hostb")
    here.peers["hostb"], there.peers["vm"] = there, here
    there.host_url = "http://127.0.0.1:23001"
    there.add_session("worker-b")
    earlier: Any = {"from": "orchestrator", "to": "worker-b@hostb", "subject": "cross host", "priority": "high"}
    earlier["content"] = {"type": "request", "message": "x"}
    here.answer("POST", "/api/messages", json.dumps(earlier).encode())
    replay = Replay(here)
    for recorded in load("mesh"):
        replay.ask(recorded, there if recorded["label"].startswith("B ") else here)


def test_a_host_that_is_down_and_a_name_that_is_claimed() -> None:
    server = known(Maestro())
    server.peers["hostb"] = None
    replay = Replay(server)
    for recorded in load("peer_down"):
        replay.ask(recorded)


def test_what_is_pushed_to_a_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = known(Maestro(home=tmp_path))
    resolve, send, pushed = load("channel")
    words: list[str] = []

    def take(port: int, text: str) -> bool:
        words.append(text)
        return True

    monkeypatch.setattr(server, "_post_words", take)
    file = tmp_path / ".aimaestro/channels" / f"{server.agents['orchestrator']['id']}.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"port": 1}')
    replay = Replay(server)
    replay.ask(resolve)
    replay.ask(send)
    assert words == [pushed["pushed"]]


def test_a_difference_is_found() -> None:
    replay = Replay(Maestro())
    recorded = load("agents")[-2]
    recorded["response"]["body"]["host"]["version"] = "0.0.0"
    with pytest.raises(AssertionError):
        replay.ask(recorded)
