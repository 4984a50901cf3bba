"""Registering agents through AI Maestro: exactly the one that was named, or nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.adapters.transport.choice import parse_base_url
from atlas.core.errors import AtlasError
from tests.kit.linked import Linked, begin
from tests.kit.maestro import Maestro
from tests.kit.maestro_server import Server


def test_a_session_is_resolved_to_its_uuid(linked: Linked, server: Server) -> None:
    agent = linked.records("agents")["implementer-1"]
    uuid = server.maestro.agents["proj-alpha"]["id"]
    assert (agent["identifier"], agent["transport"], agent["address"]) == ("proj-alpha", "ai-maestro", uuid)
    again = linked.does("register", "ai", uuid)
    assert (again["agent"]["id"], again["created"]) == ("implementer-1", False)
    assert linked.does("register", "ai", "proj-alpha@vm") == again


def test_what_is_not_exactly_a_session_is_refused(linked: Linked) -> None:
    for name in ("beta", "BETA", "proj", "proj-beta@elsewhere", "nobody", "proj-beta/../x?agent=y"):
        assert "AI Maestro has no session" in linked.refuses("register", "ai", name)
    assert "the nearest is 'proj-beta'" in linked.refuses("register", "ai", "beta")


def test_an_agent_of_another_host_is_registered_with_its_host(linked: Linked, server: Server) -> None:
    other = Maestro("hostb")
    server.maestro.peers["hostb"] = other
    other.peers["vm"] = server.maestro
    other.add_session("worker-b")
    assert "there is worker-b@hostb: register that" in linked.refuses("register", "ai", "worker-b")
    agent = linked.does("register", "ai", "worker-b@hostb")["agent"]
    assert (agent["identifier"], agent["address"]) == ("worker-b@hostb", "worker-b@hostb")
    linked.does("notify", agent["id"], "--subject", "Over there", "--message", "Hello")
    assert [message["subject"].partition(" [")[0] for message in other.inbox("worker-b")] == ["Over there"]


def test_a_session_that_came_back_has_its_new_address(linked: Linked, server: Server) -> None:
    server.maestro.add_session("proj-alpha")
    agent = linked.does("register", "ai", "proj-alpha")["agent"]
    assert agent["address"] == server.maestro.agents["proj-alpha"]["id"]


def test_without_ai_maestro_on_request(linked: Linked, server: Server) -> None:
    before = len(server.requests)
    agent = linked.does("register", "ai", "anybody", "--built-in")["agent"]
    assert (agent["transport"], agent["address"]) == ("built-in", None)
    assert len(server.requests) == before
    assert "--built-in is for AI sessions" in linked.refuses("register", "human", "dev-alice", "--built-in")
    assert linked.does("register", "human", "dev-alice")["agent"]["transport"] == "built-in"


def test_the_address_may_be_a_setting_of_the_project(started: Path, repo: Path, server: Server) -> None:
    project = begin(started, repo)
    assert project.does("register", "ai", "anybody")["agent"]["transport"] == "built-in"
    project.does("settings", "transport.url", f"{server.url}/")
    assert project.does("settings")["settings"]["transport.url"] == server.url
    assert "AI Maestro has no session" in project.refuses("register", "ai", "somebody")
    assert project.does("register", "ai", "proj-alpha")["agent"]["transport"] == "ai-maestro"
    project.env = {"AIMAESTRO_API": "http://127.0.0.1:9"}
    assert "http://127.0.0.1:9 is not reached" in project.refuses("register", "ai", "proj-beta")
    project.env = {}
    project.does("settings", "transport.url", "--unset")
    assert project.does("register", "ai", "proj-beta")["agent"]["transport"] == "built-in"


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost:23000", "ftp://h", "http://", "http://a b", "http://h:99999", "http://h:x", "http://h\x07"),
        *("http://u:p@h", "http://h?x=1", "http://h#x", "http://h/" + "x" * 200),
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(AtlasError, match=r"^the address"):
        parse_base_url(address, "the address")


def test_a_wrong_address_is_refused_before_anything_else(linked: Linked) -> None:
    assert "transport.url: 'ftp://h' is no address" in linked.refuses("settings", "transport.url", "ftp://h")
    linked.env = {"AIMAESTRO_API": "localhost:23000"}
    assert "AIMAESTRO_API: 'localhost:23000' is no address" in linked.refuses("register", "ai", "proj-beta")


def test_something_else_that_answers_is_not_taken_for_ai_maestro(linked: Linked, server: Server) -> None:
    server.fail(302, request="GET ", location="http://127.0.0.1:1/api")
    assert "is not followed" in linked.refuses("register", "ai", "proj-beta")
    server.fail("junk", request="GET ")
    assert "cannot say who proj-beta is" in linked.refuses("register", "ai", "proj-beta")


def test_addresses_in_answers_are_never_followed(linked: Linked, server: Server) -> None:
    trap = Server(Maestro())
    server.maestro.host_url = trap.url
    server.maestro.add_session("proj-gamma")
    try:
        linked.does("register", "ai", "proj-gamma")
        linked.does("notify", "implementer-3", "--subject", "S", "--message", "M")
        assert trap.requests == []
    finally:
        trap.stop()
