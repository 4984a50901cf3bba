"""A project that an older version made, in the real client: sessions are resumed with this version of the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.last_version.client import Session
from tests.last_version.make_project import API, LEAD
from tests.last_version.stored import ARCHIVE, PLUGIN, PROJECT, unpack

from .conftest import ModelFactory
from .model import Request, Turn, bash, tool
from .sandbox import Sandbox


@pytest.fixture
def shop(repo: Path, plugin_copy: Path) -> Path:
    """The project, with the plugin updated to this version in its place."""
    folder = repo.parent / "a shop"
    unpack(ARCHIVE, folder, {PROJECT: folder, PLUGIN: plugin_copy})
    return folder


def test_a_worker_is_stopped_by_what_waits_and_finishes(
    sandbox: Sandbox, scripted: ModelFactory, shop: Path, plugin_copy: Path
) -> None:
    """Both the plugin's hooks and the old version's monitor, which lies in the workspace, watch its calls."""
    place = shop / ".claude/worktrees/api"
    model = scripted(
        bash("touch stopped"),
        tool("Write", file_path=str(shop / "src.py"), content="x"),
        bash("echo 'order = 1' >>api.py && git commit --quiet --all --message=Orders && atlas report api done"),
        "Done.",
    )
    run = sandbox.run_print(
        "Go on.", model=model, cwd=place, plugin_dirs=[plugin_copy], extra_args=("--session-id", API)
    )
    assert (run.result, run.events.init.get("plugin_errors", [])) == ("Done.", [])
    assert "this session is implementer-1" in model.requests[0].opening
    stopped, refused, done = (request.tool_results[0] for request in model.requests[1:])
    assert "Use the port 8080." in stopped.text
    assert "rule `outside`" in refused.text
    assert (stopped.is_error, refused.is_error, done.is_error) == (True, True, False), done.text
    assert not (place / "stopped").exists()
    said = model.requests[-1].conversation
    assert [said.count(words) for words in ("Use the port 8080.", "Orders have numbers.")] == [1, 1]
    assert said.count("| Prefer short names.") == 1
    assert "api is complete on commit" in Session(shop, LEAD).does("complete", "api")


def test_the_lead_is_held_to_its_rules_and_sent_on(
    sandbox: Sandbox, scripted: ModelFactory, shop: Path, plugin_copy: Path
) -> None:
    def answer(request: Request) -> Turn:
        assert "atlas answer search q1 TEXT" in request.latest, "it is sent on, with what it was sent on with before"
        return bash("atlas answer search q1 English && atlas status")

    def end(request: Request) -> Turn:
        Session(shop, "").does("pause", "The test is over")
        return "Done."

    model = scripted(tool("Write", file_path=str(shop / "src.py"), content="x"), "Is that all?", answer, end)
    patience = {"CLAUDE_CODE_STOP_HOOK_BLOCK_CAP": "2"}
    run = sandbox.run_print(
        "Go on.", model=model, cwd=shop, plugin_dirs=[plugin_copy], extra_args=("--session-id", LEAD), env=patience
    )
    assert run.result == "Done."
    assert "this session leads the orchestration" in model.requests[0].opening
    assert "rule `delegate`" in model.requests[1].tool_results[0].text
    assert "1 of 7 modules complete" in model.requests[3].tool_results[0].text
