"""A lead that waits is woken by what its agents write to it by way of AI Maestro."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.linked import Linked
from tests.kit.maestro_server import Server
from tests.kit.stopping import Turns, Waiter
from tests.messages.test_exchange import channel, write
from tests.support import wait_for

LEAD = "lead-1"


@pytest.fixture(autouse=True)
def _end_waiters() -> Iterator[None]:
    yield
    Waiter.end_all()


def test_an_answer_wakes_the_lead_that_waits(tmp_path: Path, linked: Linked, server: Server) -> None:
    linked.does("lead", session=LEAD)
    for module, agent in (("docs", "implementer-1"), ("auth-core", "implementer-2")):
        linked.does("assign", module, agent, "--no-workspace", session=LEAD)
    lead = Turns(linked.folder, LEAD, {**linked.env, "HOME": str(tmp_path / "home")})
    waiter = lead.wait()
    file = wait_for(lambda: next((tmp_path / "home").rglob("*.json"), None))
    assert file == channel(tmp_path, server)
    write(server, "Which colour?", "I cannot go on\nbefore I know.")
    words = waiter.woken()
    assert "- proj-alpha (unverified) wrote to you, msg-" in words
    assert "| Which colour?" in words
    wait_for(lambda: not file.exists())
    told = lead.prompt()
    assert "from proj-alpha (unverified)" in told
    assert "| I cannot go on\n| before I know." in told
    assert lead.prompt() == "", "once"
