"""A project that an older version made, with live sessions in workspaces, goes on under this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.project import Project
from tests.kit.state import records
from tests.support import ROOT, git

from .client import Session
from .make_project import API, EXPORT, LEAD, SEARCH, UI, UNDERSTOOD, told
from .stored import ARCHIVE, HOOKS, PLUGIN, PROJECT, SAID, unpack

OWN = ".claude/settings.local.json"
INTERRUPT, DISCOVERY, LETTER = "Use the port 8080.", "Orders have numbers.", "Prefer short names."
QUESTIONS = ("Understood", "Feasible", "Effort", "Effects", "Needs")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The project, with the plugin updated to this version in its place."""
    folder = tmp_path / "a shop"
    unpack(ARCHIVE, folder, {PROJECT: folder, PLUGIN: ROOT})
    return folder


NUMBERS = ("seq", "seen_seq", "ended_seq", "lead_seq")


@pytest.fixture(params=["since", "before"])
def hooks(request: pytest.FixtureRequest) -> Path | None:
    """Those of a session that is resumed since the update, and those that one has which began before it."""
    return HOOKS if request.param == "before" else None


def worker(shop: Path, session: str, module: str, hooks: Path | None = None) -> Session:
    """A session that the old version knew, in its workspace."""
    return Session(shop / ".claude/worktrees" / module, session, hooks=hooks)


def recipients(shop: Path, module: str) -> list[dict[str, Any]]:
    """What became of the discoveries that are for a module's workspace."""
    found = json.loads(Session(shop, "").does("status", "--json"))["result"]["discoveries"]
    return [one for discovery in found for one in discovery["recipients"] if one["module"] == module]


def test_all_that_the_old_version_said_of_it_is_said(shop: Path) -> None:
    """Status, history, the doctor's findings, letters, and what sessions are told; fields that are new say nothing."""
    said = json.loads(SAID.read_text(encoding="utf-8"))
    says = told(shop, ROOT)
    for evidence in (one for module in says["status"]["modules"] for one in module["evidence"]):
        assert (evidence.pop("no_commit"), evidence.pop("override")) == (None, None)
    assert says["status"].pop("waiting_reviews") == []
    assert says.keys() == said.keys()
    for what, words in said.items():
        assert words_alone(says[what]) == words_alone(words), what


def words_alone(said: Any) -> Any:
    """What was said but for marks, lines, and the numbers of changes, which the old version kept in no record."""
    if isinstance(said, str):
        return "".join(said.replace("| ", "").split())
    if isinstance(said, list):
        return [words_alone(one) for one in said]
    if not isinstance(said, dict):
        return said
    return {name: words_alone(value) for name, value in said.items() if name not in NUMBERS}


@pytest.mark.parametrize("by", ["plugin", "began-before", "own-monitor", "mended-monitor"])
def test_an_interrupt_that_waits_is_delivered_once(shop: Path, by: str) -> None:
    """By the plugin, or by the monitor that lies in the workspace: the old version's, or this one's in its place."""
    place = shop / ".claude/worktrees/api"
    if by == "mended-monitor":
        Session(shop, "").does("doctor", "--repair")
        assert "of another version" not in Session(shop, "").does("doctor")
    assert INTERRUPT in (place / ".INTERRUPT").read_text()
    hooks = {"plugin": None, "began-before": HOOKS}
    session = worker(shop, API, "api", hooks.get(by, place / OWN))
    stopped, use = session.begin("Bash", command="make")
    again, beside = session.begin("Bash", command="make")
    assert (stopped.stopped, again.stopped) == (True, True)
    assert [stopped.words.count(words) for words in (INTERRUPT, DISCOVERY)] == [1, 1]
    assert INTERRUPT not in again.words
    session.end((use, stopped), (beside, again))
    assert not session.call("Bash", command="make").stopped
    assert {(one["status"], one["session"], one["tool"]) for one in recipients(shop, "api")} == {
        ("delivered", API, "Bash")
    }
    assert not session.call("Bash", command="make").stopped
    assert not (place / ".INTERRUPT").exists()


def test_sessions_have_their_roles_and_rules(shop: Path, hooks: Path | None) -> None:
    api, search, ui = (worker(shop, API, "api", hooks), worker(shop, SEARCH, "search", hooks), worker(shop, UI, "ui"))
    lead, export = Session(shop, LEAD, hooks=hooks), worker(shop, EXPORT, "export", hooks)
    makes = {
        (lead, shop / "src.py"): "delegate",
        (lead, shop / "docs/notes.md"): "",
        (search, search.folder / "search.py"): "",
        (search, shop / "src.py"): "outside",
        (search, shop / ".claude/MESSAGES.json"): "state",
        (ui, ui.folder / "ui.py"): "understanding",
        (export, export.folder / "export.py"): "understanding",
        (Session(shop, "session-of-nobody", hooks=hooks), shop / "src.py"): "",
    }
    for (who, file), rule in makes.items():
        answer = who.call("Write", file_path=str(file), content="x")
        assert (answer.verdict, f"rule `{rule}`" in answer.words) == (("deny", True) if rule else ("", False)), file
    assert "rule `git`" in search.call("Bash", command="git push --force origin main").words
    assert api.atlas("complete", "api").returncode == 1
    lead.does("settings", "poll.minutes", "30")
    assert [records(shop)["sessions"][one]["decisions"] for one in (LEAD, SEARCH, UI, EXPORT)] == [
        {"delegate": 2},  # one was noted under the old version
        {"outside": 1, "state": 1, "git": 1},
        {"understanding": 1},
        {"understanding": 1},
    ]


def test_settings_without_fields_that_are_new_go_on(shop: Path) -> None:
    person = Project(shop)
    assert "checks_seconds" not in person.records("settings")["project"]
    assert person.does("settings")["settings"]["checks.seconds"] == 600
    before = person.does("settings")["settings"]
    person.does("settings", "checks.env", "NPM_TOKEN")
    assert person.does("settings")["settings"] == {**before, "checks.env": ["NPM_TOKEN"]}
    assert person.does("doctor")["problems"] == 0


def test_a_session_has_all_that_hooks_do_for_it(shop: Path, hooks: Path | None) -> None:
    lead, ui = Session(shop, LEAD, hooks=hooks), worker(shop, UI, "ui", hooks)
    assert "this session leads the orchestration" in lead.start()
    assert "1 of 7 modules complete" in lead.typed("status")
    assert "[TASK] Module: Ui" in ui.prompt()
    assert "atlas answer search q1 TEXT" in lead.stop()
    lead.leave()
    lead.does("settings", "poll.minutes", "30")
    assert records(shop)["sessions"][LEAD]["ended_at"]


def test_a_letter_that_waits_arrives_once(shop: Path, hooks: Path | None) -> None:
    session = worker(shop, API, "api", hooks)
    stopped, use = session.begin("Read", file_path="api.py")
    assert session.end((use, stopped)).count(f"| {LETTER}") == 1
    assert LETTER not in session.end() + session.end()
    letters = json.loads(session.does("inbox", "implementer-1", "--json"))["result"]["messages"]
    assert LETTER not in json.dumps(letters)


def test_it_is_carried_to_its_end(shop: Path) -> None:
    lead = Session(shop, LEAD)
    assert "atlas answer search q1 TEXT" in lead.stop()
    lead.does("answer", "search", "q1", "English")
    lead.does("complete", "docs", "--reason", "They read well")

    search = worker(shop, SEARCH, "search")
    assert "English" in search.end()
    deliver(lead, search, "search", "find")

    export = worker(shop, EXPORT, "export")
    export.does("acknowledge", "export", "u1", *(word for one in QUESTIONS for word in ("--feasibility", one)))
    lead.does("update", "authorize-resume", "export", "u1")
    deliver(lead, export, "export", "csv")

    ui = worker(shop, UI, "ui")
    ui.does("repeat", "ui", "--criteria", "c1", "--file", "ui.py", *UNDERSTOOD)
    lead.does("verify-instructions", "record-repetition", "ui", "--correct")
    lead.does("verify-instructions", "authorize", "ui")
    deliver(lead, ui, "ui", "basket")

    api = worker(shop, API, "api")
    assert INTERRUPT in api.call("Bash", command="make").words
    assert "not committed" in (api.folder / "api.py").read_text(), "its work is as it was"
    deliver(lead, api, "api", "order")

    lead.does("assign", "board", "dev-alice")
    assert lead.atlas("complete", "board").returncode == 2, "its check fails"
    commit(lead, "board", "board")
    assert "the orchestration is over" in lead.does("complete", "board")
    assert lead.stop() == ""

    assert {one["status"] for one in records(shop)["modules"].values()} == {"complete"}
    done = git(shop, "ls-tree", "--name-only", "atlas/integration").split()
    assert done == ["README.md", "api.py", "board.py", "export.py", "search.py", "store.py", "ui.py"]
    assert "def take" in git(shop, "show", "atlas/integration:api.py")
    assert Session(shop, "").atlas("check").returncode == 0
    Session(shop, "").does("history")


def deliver(lead: Session, agent: Session, module: str, word: str) -> None:
    """The agent writes what the module's check looks for, and the lead completes it."""
    assert not agent.call("Write", file_path=str(agent.folder / f"{module}.py"), content=word).stopped
    commit(agent, module, word)
    agent.does("report", module, "done")
    assert f"{module} is complete on commit" in lead.does("complete", module)


def commit(who: Session, module: str, word: str) -> None:
    with (who.folder / f"{module}.py").open("a", encoding="utf-8") as file:
        file.write(f"{word} = 1\n")
    git(who.folder, "add", f"{module}.py")
    git(who.folder, "commit", "--quiet", f"--message=Work on {module}")
