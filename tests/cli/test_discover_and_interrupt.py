"""`atlas discover` and `atlas interrupt` by their scripts: who sends, who gets it, what is recorded and said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from atlas.core.records.kinds import ASSIGNMENT, MESSAGE
from tests.conftest import Atlas
from tests.kit.caller import Caller
from tests.kit.state import records
from tests.kit.team import LEAD, Team

CRITICAL = ("--severity", "critical", "--affects")


def recipients(team: Team, number: int = -1) -> list[tuple[str, str]]:
    return [(one["agent"], one["workspace"]) for one in team.discoveries()[number]["recipients"]]


def messages(team: Team) -> list[Any]:
    return team.context().store.read(lambda tx: tx.all(MESSAGE))


# Who sends, who gets it


def test_a_worker_tells_those_who_build_on_its_module(team: Team, atlas: Atlas) -> None:
    done = atlas("discover", *CRITICAL, "core", "Passwords are async.", cwd=team.workspace("core"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "now recorded: critical discovery from ann:\n| Passwords are async." in done.stdout
    assert "ben in api-ws: queued" in done.stdout
    (found,) = records(team.root)["discoveries"].values()
    assert (found["sender"], found["affects"], found["text"]) == ("ann", ["core"], "Passwords are async.")
    assert recipients(team) == [("ben", "api-ws"), ("joann", "ui-ws")]
    assert not team.waiting("core")


def test_the_sender_gets_nothing_but_whoever_has_a_like_name_does(team: Team, atlas: Atlas) -> None:
    atlas("discover", *CRITICAL, "core", "ui", "Look out.", cwd=team.workspace("ui"))
    assert recipients(team) == [("ann", "core-ws"), ("ben", "api-ws")]
    atlas("discover", *CRITICAL, "core", "ui", "Look out.", cwd=team.workspace("core"))
    assert recipients(team) == [("ben", "api-ws"), ("joann", "ui-ws")]


def test_the_lead_and_a_person_speak_for_themselves_or_for_an_agent(team: Team, atlas: Atlas) -> None:
    atlas("discover", *CRITICAL, "core", "One.", session=LEAD)
    atlas("discover", *CRITICAL, "core", "Two.")
    atlas("discover", *CRITICAL, "core", "Three.", "--from", "ben", session=LEAD)
    assert [found["sender"] for found in team.discoveries()] == ["lead", "person", "ben"]
    assert [agent for agent, _ in recipients(team, 0)] == ["ann", "ben", "joann"]
    assert [agent for agent, _ in recipients(team, 2)] == ["ann", "joann"]


@pytest.mark.parametrize(
    ("arguments", "folder", "reason"),
    [
        ((*CRITICAL, "core", "x", "--from", "ben"), "core", "belongs to ben, not to ann"),
        ((*CRITICAL, "core", "x", "--from", "nobody"), None, "agent 'nobody' not found"),
        ((*CRITICAL, "nothing", "x"), None, "module 'nothing' not found"),
        ((*CRITICAL, "core", " \n\x1b"), None, "the text is empty"),
        ((*CRITICAL, "only words"), None, "name at least one module"),
        (("--severity", "urgent", "--affects", "core", "x"), None, "invalid choice"),
        (("--affects", "core", "x"), None, "--severity"),
        (("--severity", "critical", "x"), None, "--affects"),
    ],
)
def test_what_cannot_be_recorded_is_refused_in_a_line(
    team: Team, atlas: Atlas, arguments: tuple[str, ...], folder: str | None, reason: str
) -> None:
    done = atlas("discover", *arguments, cwd=team.workspace(folder) if folder else None)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert not team.discoveries()


@pytest.mark.parametrize(
    "arguments",
    [
        ("Look out.", "--severity", "critical", "--affects", "core", "api"),
        ("--affects", "core", "api", "--severity", "critical", "Look out."),
        ("--severity", "critical", "--affects", "core", "api", "Look out."),
        ("--severity", "critical", "--affects", "core", "api", "core", "Look out.", "--impact", ""),
        ("--severity", "critical", "--affects", "core", "api", "--", "Look out."),
    ],
)
def test_the_text_may_stand_anywhere(team: Team, atlas: Atlas, arguments: tuple[str, ...]) -> None:
    assert atlas("discover", *arguments).returncode == 0
    (found,) = team.discoveries()
    assert (found["text"], found["affects"]) == ("Look out.", ["core", "api"])


def test_who_has_no_workspace_gets_a_message_and_people_are_named(team: Team, atlas: Atlas) -> None:
    done = atlas("discover", *CRITICAL, "tools", "docs", "Look out.", "--impact", "It breaks.", session=LEAD)
    assert "tom has no workspace to be interrupted in: it got msg-" in done.stdout
    assert "dev-alice is a person: tell them" in done.stdout
    (message,) = messages(team)
    assert (message["to"], message["priority"], message["status"]) == ("tom", "urgent", "sent")
    assert "| Look out.\nWhy it matters:\n| It breaks." in message["body"]
    assert recipients(team) == []


def test_info_and_what_concerns_nobody_are_recorded_all_the_same(team: Team, atlas: Atlas) -> None:
    info = atlas("discover", "--severity", "info", "--affects", "core", "It rains.")
    alone = atlas("discover", *CRITICAL, "ui", "Mine.", cwd=team.workspace("ui"))
    assert "for the record only" in info.stdout
    assert "for nobody at work now" in alone.stdout
    assert [found["recipients"] for found in team.discoveries()] == [[], []]


def test_who_has_ended_is_not_told(team: Team, atlas: Atlas) -> None:
    def end(tx: Any) -> None:
        (ended,) = (one for one in tx.all(ASSIGNMENT) if one["agent"] == "ben")
        tx.patch(ASSIGNMENT, ended, status="released", ended_at=tx.at)

    team.put(end)
    atlas("discover", *CRITICAL, "core", "Look out.")
    assert [agent for agent, _ in recipients(team)] == ["ann", "joann"]


# What is said


def test_text_is_cut_and_control_characters_are_gone(team: Team, atlas: Atlas) -> None:
    text = "\x1b[31mred\x07\r\n\u202etwo\u2028three " + "x" * 5000
    done = atlas("discover", *CRITICAL, "core", text, "--action", "y" * 2001)
    assert "Too long, so cut: text, action" in done.stdout
    (found,) = team.discoveries()
    assert found["text"].startswith("[31mred\ntwo three xxx")
    assert found["text"].endswith("characters left out]")
    assert (len(found["text"]) <= 4000, len(found["action"]) <= 2000) == (True, True)


@pytest.mark.parametrize(
    "text", ["it's; $(touch PWNED) `touch PWNED`", "--force", "模块 🚀 \u200d", "-x", '{"a": 1}', "| x"]
)
def test_text_is_data(team: Team, atlas: Atlas, text: str) -> None:
    assert atlas("discover", *CRITICAL, "core", "--", text).returncode == 0
    assert team.discoveries()[0]["text"] == text.strip()
    words = json.loads(team.interrupt_file("api").read_bytes())["items"][0]["words"]
    assert f"\n| {text.strip()}" in words
    assert not list(team.root.rglob("PWNED"))


# Once


def test_the_same_request_is_recorded_once_and_shows_its_receipts(team: Team, atlas: Atlas) -> None:
    arguments = (*CRITICAL, "core", "Look out.", "--request-id", "r1")
    first, second = atlas("discover", *arguments), atlas("discover", *arguments)
    assert "already recorded" in second.stdout
    assert "ben in api-ws: queued" in second.stdout
    assert len(team.discoveries()) == 1
    assert first.returncode == second.returncode == 0
    other = atlas("discover", *CRITICAL, "core", "Something else.", "--request-id", "r1")
    assert (other.returncode, "choose a new one" in other.stderr) == (1, True)
    assert atlas("discover", *arguments, cwd=team.workspace("core")).returncode == 0
    assert [found["sender"] for found in team.discoveries()] == ["person", "ann"]


# The lead's word


def test_the_leads_word_goes_to_one_worker(team: Team, atlas: Atlas) -> None:
    done = atlas("interrupt", "ben", "Use", "version", "2.", "--stop", session=LEAD)
    assert "critical interrupt from lead, with a stop:\n| Use version 2." in done.stdout
    assert recipients(team) == [("ben", "api-ws")]
    (item,) = json.loads(team.interrupt_file("api").read_bytes())["items"]
    assert item["stop"] is True
    assert "Your turn ends here" in item["words"]
    assert (team.waiting("core"), team.waiting("ui")) == ([], [])


def test_without_a_workspace_it_is_an_urgent_message(team: Team, atlas: Atlas) -> None:
    done = atlas("interrupt", "tom", "Use version 2.", session=LEAD)
    assert "tom has no workspace to be interrupted in: it got msg-" in done.stdout
    assert [(one["to"], one["priority"]) for one in messages(team)] == [("tom", "urgent")]


@pytest.mark.parametrize(
    ("arguments", "folder", "reason"),
    [
        (("nobody", "x"), None, "agent 'nobody' not found"),
        (("dev-alice", "x"), None, "is a person"),
        (("ben", " "), None, "the text is empty"),
        (("ben",), None, "TEXT"),
        (("ann", "x"), "api", "may not use 'interrupt'"),
    ],
)
def test_a_word_that_cannot_be_sent_is_refused(
    team: Team, atlas: Atlas, arguments: tuple[str, ...], folder: str | None, reason: str
) -> None:
    done = atlas("interrupt", *arguments, cwd=team.workspace(folder) if folder else None)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert not team.discoveries()


def test_the_status_shows_what_has_arrived(team: Team, atlas: Atlas) -> None:
    atlas("discover", *CRITICAL, "core", "Look out.", cwd=team.workspace("core"))
    Caller(team.workspace("api")).call("Write")
    shown = atlas("status", cwd=team.workspace("core")).stdout
    assert "critical discovery from ann:\n  | Look out." in shown
    assert "ben in api-ws: delivered 20" in shown
    assert "before Write, session session-1" in shown
    assert "joann in ui-ws: queued" in shown
    (found,) = json.loads(atlas("status", "--json").stdout)["result"]["discoveries"]
    assert [one["status"] for one in found["recipients"]] == ["delivered", "queued"]


def test_the_board_keeps_what_waits_and_the_latest(team: Team, atlas: Atlas) -> None:
    waiting = team.find("Look out.")
    latest = [team.find(f"Finding {number}.", severity="info") for number in range(7)]
    shown = json.loads(atlas("status", "--json").stdout)["result"]["discoveries"]
    assert [one["id"] for one in shown] == [waiting, *latest[-5:]]


def test_a_path_does_not_matter(team: Team, atlas: Atlas, tmp_path: Path) -> None:
    folder = team.workspace("core") / "a b"
    folder.mkdir()
    assert atlas("discover", *CRITICAL, "core", "Look out.", cwd=folder).returncode == 0
    assert team.discoveries()[0]["sender"] == "ann"


@pytest.mark.parametrize("name", ["lead", "person", "atlas"])
def test_no_agent_can_have_the_name_of_who_is_to_be_followed(team: Team, atlas: Atlas, name: str) -> None:
    done = atlas("register", "ai", "somebody", "--id", name)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is taken" in done.stderr
