"""Whatever happens between any two steps of a send, each message arrives exactly once, or is shown as failed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from atlas.adapters.store.file_store import FileStore
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.transport import wire
from atlas.core.records.kinds import MESSAGE
from atlas.core.rules.roles import Actor
from atlas.services.messages import mailbox, notices, outbox, tries
from atlas.services.project.context import Context
from tests.kit.maestro_server import DRIPPING, GONE, JUNK, SILENT, VAGUE, Fault, Server
from tests.support import ROUNDS, wait_for

MANY, BATCHES = 25 * ROUNDS, 5 * ROUNDS // 2
AGENTS = {"implementer-1": "proj-alpha", "implementer-2": "proj-beta"}


class Killed(BaseException):
    """Ends a command as a kill does: nobody catches it."""


class Steps:
    """The steps of a command that have an effect, or see one: it dies before or after the chosen one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, self.dies_after = -1, False
        for owner, name in ((FileStore, "transact"), (FileStore, "read"), (wire.Wire, "request")):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def strike(self, number: int, dies_after: bool) -> None:
        """Let what follows die at its `number`-th step; -1 lets it live."""
        self.left, self.dies_after = number, dies_after

    def _counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            is_last = self.left == 0
            self.left -= 1
            if is_last and not self.dies_after:
                raise Killed
            result = step(*arguments, **named)
            if is_last:
                raise Killed
            return result

        return counted


def subjects(server: Server) -> Counter[str]:
    """How often each subject arrived."""
    inboxes = [server.maestro.inbox(session) for session in AGENTS.values()]
    return Counter(message["subject"].rpartition(" [")[0] for inbox in inboxes for message in inbox)


def statuses(context: Context) -> dict[str, str]:
    return {m["subject"]: m["status"] for m in context.store.read(lambda tx: tx.all(MESSAGE))}


@pytest.mark.parametrize("dies_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", [None, Fault(GONE, after=True), Fault(502)], ids=["", "unheard", "again"])
def test_a_command_that_dies_between_any_two_steps(
    fault: Fault | None, dies_after: bool, context: Context, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "_FIRST_PAUSE", 0)
    steps, names = Steps(monkeypatch), []
    for number in range(100):
        name = f"m{number}"
        if fault:
            server.fail(fault.kind, fault.after)
        steps.strike(number, dies_after)
        try:
            notices.notify_agent(context, "implementer-1", name, "words", "normal", "notification", name)
        except Killed:
            steps.strike(-1, False)
            outbox.deliver_messages(context)
            assert statuses(context).get(name) in ("sent", None), "it died before it was committed, or it is sent"
            names += [name] if name in statuses(context) else []
        else:
            names.append(name)
            break
        assert subjects(server) == dict.fromkeys(names, 1)
    assert len(names) > 5, "that many steps take part in sending"


@pytest.mark.torture
def test_many_messages_under_random_faults(context: Context, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(tries, "_LONGEST_PAUSE", 1)
    chance = random.Random(1)
    quick: list[str | int] = [429, 500, 502, 503, GONE, JUNK, VAGUE]
    slow: list[str | int] = [DRIPPING, SILENT]

    def choose(method: str, target: str) -> Fault | None:
        if chance.random() > 0.3:
            return None
        kind = chance.choice(slow if chance.random() < 0.01 else quick)
        return Fault(kind, after=chance.random() < 0.5 and kind != 429)  # whoever says 429 has done nothing

    def post(tx: Transaction, actor: Actor) -> None:
        for _ in range(MANY // BATCHES):
            mailbox.post_message(tx, chance.choice(list(AGENTS)), f"m{tx.count(MESSAGE)}", "words")

    server.choose = choose
    called_failed = 0
    for _ in range(BATCHES):
        context.transact("notify", post)
        if chance.random() < 0.5:
            server.stop()
            server.start()
        outbox.deliver_messages(context)
        found = statuses(context)
        assert {name for name, status in found.items() if status == "sent"} <= set(subjects(server))
        called_failed += list(found.values()).count("failed")
    assert called_failed, "some were left for later"
    server.choose = lambda method, target: None
    wait_for(lambda: not [m for m in outbox.deliver_messages(context) if m["status"] != "sent"])
    assert subjects(server) == dict.fromkeys([f"m{number}" for number in range(MANY)], 1)
    assert set(statuses(context).values()) == {"sent"}


def test_a_server_that_stores_a_message_after_nobody_waits_any_longer(context: Context, server: Server) -> None:
    server.fail(SILENT)
    message = notices.notify_agent(context, "implementer-1", "Late", "words", "normal", "notification", None)["message"]
    assert (message["status"], message["in_doubt"]) == ("failed", True)
    (message,) = outbox.deliver_messages(context)
    assert "it is sent again from" in str(message["error"])
    assert server.requests.count(("POST", "/api/messages")) == 1, "it was looked for only"
    server.maestro.answer("POST", "/api/messages", server.last_body)
    (message,) = outbox.deliver_messages(context)
    assert (message["status"], message["in_doubt"], message["attempts"]) == ("sent", False, 1)
    assert subjects(server) == {"Late": 1}


def test_a_doubt_stays_while_nobody_can_be_asked(
    context: Context, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "_LONGEST_PAUSE", 0)
    server.fail(SILENT, after=True)
    server.fail(GONE, request="GET /api/messages?agent=", times=5)
    notices.notify_agent(context, "implementer-1", "Late", "words", "normal", "notification", None)
    server.stop()
    (message,) = outbox.deliver_messages(context)
    assert (message["status"], message["in_doubt"]) == ("failed", True)
    server.start()
    (message,) = outbox.deliver_messages(context)
    assert message["status"] == "sent"
    assert subjects(server) == {"Late": 1}
