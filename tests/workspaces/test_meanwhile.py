"""What a command decided on a look is decided again when it changes the state: another command came in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atlas import app
from atlas.core.errors import AtlasError
from atlas.services.assignments import agents, handoff
from atlas.services.doctor import workspaces
from atlas.services.integration import conflicts
from atlas.services.messages import mail_server
from atlas.services.understanding import repetition
from atlas.services.workspaces import own_files
from tests.kit.places import folder, record
from tests.kit.project import Project
from tests.kit.striking import Striker
from tests.support import git

Meanwhile = Callable[[Any, str, Callable[[], None]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has another command run, once, between a look and the change: right after a function of a module was called."""

    def put(module: Any, name: str, act: Callable[[], None]) -> None:
        real, acts = getattr(module, name), [act]

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            if acts:
                acts.pop()()
            return result

        monkeypatch.setattr(module, name, wrapped)

    return put


def test_a_repetition_is_compared_with_whoever_began_meanwhile(shop: Project, meanwhile: Meanwhile) -> None:
    shop.does("assign", "auth", "implementer-1")

    def begin() -> None:
        shop.does("assign", "board", "implementer-2")
        (folder(shop, "board") / "auth.txt").write_text("taken\n")

    meanwhile(repetition, "changed_files", begin)
    words = {"text": "log in", "out_of_scope": "the rest", "evidence": "the check"}
    said = {**words, "criteria": ["c1"], "files": ["auth.txt"]}
    result = repetition.repeat_task(app.context_at(str(shop.folder)), "auth", said)
    assert result["verification"]["findings"] == [
        "auth.txt is implementer-2's, who works on board: leave it, or ask the lead"
    ]


def test_a_handoff_tells_of_the_module_as_it_is_when_it_is_sent(shop: Project, meanwhile: Meanwhile) -> None:
    meanwhile(handoff, "make_document", lambda: shop.does("modify", "modify", "auth", "--description", "By passkey"))
    handoff.hand_off(app.context_at(str(shop.folder)), "auth", "implementer-1")
    (message,) = shop.mail("implementer-1")
    assert "By passkey" in message["body"]
    assert "By passkey" in (shop.folder / ".claude/handoffs/auth-to-implementer-1.md").read_text("utf-8")
    assert len(list((shop.folder / ".claude/handoffs").iterdir())) == 1


def test_a_handoff_that_cannot_be_sent_leaves_no_document(shop: Project, meanwhile: Meanwhile) -> None:
    meanwhile(handoff, "make_document", lambda: shop.does("modify", "remove", "board"))
    with pytest.raises(AtlasError, match="board"):
        handoff.hand_off(app.context_at(str(shop.folder)), "board", "implementer-1")
    assert not list((shop.folder / ".claude/handoffs").iterdir())


def test_an_agent_is_not_registered_with_a_transport_that_was_changed(shop: Project, meanwhile: Meanwhile) -> None:
    meanwhile(mail_server, "transport_at", lambda: shop.does("settings", "transport.url", "http://127.0.0.1:9"))
    with pytest.raises(AtlasError, match="the address of AI Maestro was changed just now"):
        agents.register_agent(app.context_at(str(shop.folder)), "ai", "third")
    assert "implementer-3" not in shop.records("agents")


def test_what_a_command_finished_meanwhile_the_doctor_does_not_take_back(
    shop: Project, meanwhile: Meanwhile, tmp_path: Path
) -> None:
    assert Striker(shop, tmp_path / "striker").strike(6, "before", "assign", "auth", "implementer-1")
    assert record(shop, "auth")["status"] == "creating"
    told: list[str] = []
    context = app.context_for_repair(str(shop.folder), None, told.append)
    real = context.read
    looks: list[str] = []

    def read(verb: str, fn: Any) -> Any:
        found = real(verb, fn)
        if not looks:
            shop.does("assign", "auth", "implementer-1")
        looks.append(verb)
        return found

    context.read = read  # type: ignore[method-assign]
    workspaces.repair_workspaces(context, told.append)
    assert told == []
    assert record(shop, "auth")["status"] == "ready"
    assert shop.module("auth")["assigned_to"] == "implementer-1"


def test_a_conflict_that_was_announced_meanwhile_is_not_said_to_be_gone(
    shop: Project, meanwhile: Meanwhile, tmp_path: Path
) -> None:
    for module, agent in (("auth", "implementer-1"), ("board", "implementer-2")):
        shop.does("assign", module, agent)
        (folder(shop, module) / "README.md").write_text(f"{module}\n")

    def announce() -> None:
        (folder(shop, "board") / "src/api.py").write_text("board\n")
        git(shop.folder, "worktree", "add", "--quiet", str(tmp_path / "trunk"), "atlas/integration")
        Project(tmp_path / "trunk").commit("src/api.py", "trunk\n")
        assert len(shop.does("conflicts", code=2)["appeared"]) == 2

    meanwhile(conflicts, "merge_pairs", announce)
    result = conflicts.check_conflicts(app.context_at(str(shop.folder)))
    assert (result["appeared"], result["gone"]) == ([], [])
    assert set(record(shop, "board")["conflicts"]) == {"auth", "atlas/integration"}


def test_a_briefing_is_the_newest_whoever_writes_it_last(shop: Project, meanwhile: Meanwhile) -> None:
    shop.does("assign", "auth", "implementer-1")
    task = shop.module("auth")["task_uuid"]
    meanwhile(own_files, "gather_equipment", lambda: shop.does("modify", "modify", "auth", "--check", "test -f new"))
    own_files.refresh_briefing(app.context_at(str(shop.folder)), "modify", task)
    assert "test -f new" in (folder(shop, "auth") / ".claude/checks.sh").read_text("utf-8")
