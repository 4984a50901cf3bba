"""The client of AI Maestro against everything that can go wrong with one request."""

from __future__ import annotations

import time

import pytest

from atlas.adapters.transport import wire
from atlas.adapters.transport.maestro import Maestro
from atlas.adapters.transport.transport import Letter, TransportError
from tests.kit.maestro_server import DRIPPING, GONE, JUNK, SILENT, VAGUE, Server

FAULTS = [500, 502, 503, GONE, SILENT, DRIPPING, JUNK, VAGUE]
pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def client(server: Server) -> Maestro:
    return Maestro(server.url)


def letter(client: Maestro, server: Server, number: int = 0) -> Letter:
    """A letter of the lead to proj-beta."""
    lead = client.register_lead("atlas-x", "the lead")
    to = server.maestro.agents["proj-beta"]["id"]
    task = "task-0123456789ab"
    return Letter(f"msg-{number:012x}", lead, to, "[TASK] Module: x", "Do it", "task_assignment", "high", task)


def posts(server: Server) -> int:
    return server.requests.count(("POST", "/api/messages"))


def test_what_is_sent_is_what_arrives(client: Maestro, server: Server) -> None:
    sent = letter(client, server)
    external_id = client.deliver(sent)
    (found,) = server.maestro.inbox("proj-beta")
    assert found["id"] == external_id
    assert (found["from"], found["priority"]) == ("atlas-x", "high")
    assert found["subject"] == "[TASK] Module: x [msg-000000000000]"
    context = {"atlas": {"id": "msg-000000000000", "task": "task-0123456789ab"}}
    assert found["content"] == {"type": "request", "message": "Do it", "context": context}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_stored_before_the_fault_is_found_and_not_sent_again(
    fault: str | int, client: Maestro, server: Server
) -> None:
    sent = letter(client, server)
    server.fail(fault, after=True)
    external_id = client.deliver(sent)
    assert [message["id"] for message in server.maestro.inbox("proj-beta")] == [external_id]
    assert client.find(sent) == external_id
    assert posts(server) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_not_stored_is_sent_again_only_where_that_is_safe(
    fault: str | int, client: Maestro, server: Server
) -> None:
    sent = letter(client, server)
    server.fail(fault)
    if fault == 502:
        client.deliver(sent)
    else:
        with pytest.raises(TransportError) as failed:
            client.deliver(sent)
        assert failed.value.unsure == (fault == SILENT), "it was not there; only a silent server may store it yet"
        assert (posts(server), client.find(sent), server.maestro.inbox("proj-beta")) == (1, None, [])
        client.deliver(sent)
    assert (posts(server), len(server.maestro.inbox("proj-beta"))) == (2, 1)


@pytest.mark.parametrize("fault", [GONE, 502])
def test_when_nobody_can_look_it_is_said_that_it_may_have_arrived(
    fault: str | int, client: Maestro, server: Server
) -> None:
    sent = letter(client, server)
    server.fail(fault, after=True)
    server.fail(GONE, request="GET ", times=5)
    with pytest.raises(TransportError) as failed:
        client.deliver(sent)
    assert failed.value.unsure
    assert posts(server) == 1


def test_one_deleted_by_its_recipient_is_known_from_the_sender_s_copy(client: Maestro, server: Server) -> None:
    sent = letter(client, server)
    external_id = client.deliver(sent)
    server.maestro.inbox("proj-beta").clear()
    assert client.find(sent) == external_id
    assert server.maestro.inbox("proj-beta") == []


def test_among_more_than_one_answer_holds_a_letter_is_found_or_nobody_can_tell(
    client: Maestro, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = letter(client, server), letter(client, server, 99)
    client.deliver(first)
    for number in range(1, 30):
        client.deliver(letter(client, server, number))
    external_id = client.deliver(last)
    monkeypatch.setattr(wire, "MOST_BYTES", 6000)
    assert client.find(last) == external_id
    with pytest.raises(TransportError, match="too many messages") as failed:
        client.find(first)
    assert (failed.value.stops, failed.value.unsure) == ("recipient", True)


def test_an_answer_with_the_same_tag_is_not_taken_for_the_letter(client: Maestro, server: Server) -> None:
    sent = letter(client, server)
    lead = server.maestro.agents["atlas-x"]["id"]
    content = {"type": "response", "message": "?"}
    reply = {"from": lead, "to": "proj-beta", "subject": "Re: [TASK] Module: x [msg-000000000000]", "content": content}
    server.maestro._send(reply)
    assert client.find(sent) is None
    external_id = client.deliver(sent)
    assert client.find(sent) == external_id


def test_too_many_requests_are_waited_for_as_long_as_is_asked(client: Maestro, server: Server) -> None:
    sent = letter(client, server)
    server.fail(429, retry_after="0.3")
    began = time.monotonic()
    client.deliver(sent)
    assert time.monotonic() - began >= 0.3
    server.fail(429, retry_after="86400")
    with pytest.raises(TransportError) as failed:
        client.deliver(letter(client, server, 1))
    assert failed.value.after == 86400
    assert posts(server) == 3
    server.fail(429, times=9, retry_after="Sat, 21 Nov 2026 02:11:33 GMT")
    with pytest.raises(TransportError, match="429"):
        client.deliver(letter(client, server, 2))
    assert posts(server) == 6


def test_a_server_that_is_away_for_a_moment_is_tried_again(
    client: Maestro, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = letter(client, server)
    server.stop()
    monkeypatch.setattr("time.sleep", lambda seconds: server.start() if server._http is None else None)
    client.deliver(sent)
    assert len(server.maestro.inbox("proj-beta")) == 1


def test_a_recipient_that_is_gone_holds_up_only_what_is_for_it(client: Maestro, server: Server) -> None:
    sent = letter(client, server)
    del server.maestro.agents["proj-beta"]
    with pytest.raises(TransportError, match="No recipient agent UUID") as failed:
        client.deliver(sent)
    assert (failed.value.stops, failed.value.unsure) == ("recipient", False)
    assert posts(server) == 1


def test_a_message_that_is_refused_holds_up_nothing(client: Maestro, server: Server) -> None:
    sent = letter(client, server)
    server.fail(413)
    with pytest.raises(TransportError) as failed:
        client.deliver(sent)
    assert failed.value.stops == "message"


def test_no_proxy_stands_before_this_machine(client: Maestro, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert "0.36.36" in Maestro(server.url).healthy()
    assert not wire.is_loopback("http://maestro.example:23000")
    assert all(map(wire.is_loopback, ("http://localhost:1", "http://127.0.0.9", "http://[::1]:80")))


def test_the_lead_registers_once_and_takes_no_other_for_itself(
    client: Maestro, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.register_lead("atlas-shop-1", "the lead")
    assert client.register_lead("atlas-shop-1", "the lead") == first
    server.maestro.add_session("other-lead")
    with monkeypatch.context() as blind:
        blind.setattr(server.maestro, "find", lambda name: None)
        with pytest.raises(TransportError, match="already exists"):
            client.register_lead("atlas-shop-1", "the lead")
    assert client.register_lead("lead", "the lead") != server.maestro.agents["other-lead"]["id"]


def test_what_does_not_answer_as_ai_maestro_does(client: Maestro, server: Server) -> None:
    for fault in (404, 500, JUNK, VAGUE):
        server.fail(fault, request="GET ")
        with pytest.raises(TransportError):
            client.healthy()
    server.fail(VAGUE, request="GET ")
    with pytest.raises(TransportError):
        list(client.fetch("proj-beta"))
