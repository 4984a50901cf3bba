"""What somebody with a role is to do next, by the records alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from atlas.cli.main import parser_of_verb
from atlas.core import clock

from .world import LATER, NOW, TOLD, World

REPEATED = {
    "status": "correcting",
    "repetition_received": True,
    "attempts": 1,
    "authorized_at": None,
    "repetition": "task-api-repetition-1",
}
UNREPEATED = {"status": "awaiting_repetition", "authorized_at": None}
UNDERSTOOD = {**REPEATED, "status": "questioning", "repetition_correct": True}
QUESTION = "Why?\n\x1b[31mnow"
ASKED = {"questions_asked": 1}
DUE = {"next_poll_due": TOLD}


def asking() -> World:
    """An agent that waits for an answer about `api`."""
    return working(verification=ASKED).asked("api", QUESTION)


def update(status: str, minor: bool = False) -> dict[str, Any]:
    made = {"id": "update-1", "type": "scope_change", "text": "more", "minor": minor, "at": NOW, "by": "lead"}
    return {"instruction_updates": [{**made, "told": "msg-9", "status": status, "concerns": [], "answers": []}]}


def working(**fields: Any) -> World:
    """An agent at work in a session of its own, on `api`."""
    return World().given("api", "ann", **fields)


LEADS = [
    ("a failed message", working().message("ann", "failed", attempts=1), "undelivered:msg-1", "atlas check-agents"),
    (
        "a question",
        asking(),
        "question:task-api:q1",
        "atlas answer api q1 TEXT",
    ),
    ("a repetition", working(verification=REPEATED), "judge:task-api:1", "record-repetition ann --module api"),
    ("what is understood", working(verification=UNDERSTOOD), "authorize:task-api", "authorize ann --module api"),
    (
        "what was asked elsewhere",
        working(verification={**UNDERSTOOD, "questions_asked": 2}),
        "answers:task-api",
        "record-questions ann --module api",
    ),
    ("a concern", working(**update("assessed")), "update:task-api:update-1:assessed", "resolve-concerns api update-1"),
    ("a settled change", working(**update("resolved")), "update:task-api:update-1:resolved", "authorize-resume api"),
    ("somebody blocked", working(status="blocked"), "blocked:task-api:1", "atlas notify ann"),
    ("work reported done", working(status="reported"), "verify:task-api:1", "atlas complete api"),
    ("a person's work", World().given("api", "al", "reported", "human"), "verify:task-api:1", "atlas complete api"),
    ("a ready module", World().module("api").agent("ann"), "assign:api", "atlas assign api ann"),
    ("no agent", World().module("api"), "register", "atlas register ai NAME"),
    (
        "nobody at work",
        working().session("of-ann", "ann", ended_at=NOW, ended_seq=LATER),
        "begin:task-api",
        "launch ann --module api",
    ),
    ("unread mail", working().message("lead"), "mail:msg-1", "atlas inbox lead"),
    ("a poll", working(progress_polling=DUE), f"poll:{TOLD}", "atlas check-agents"),
]


@pytest.mark.parametrize(("world", "key", "command"), [row[1:] for row in LEADS], ids=[row[0] for row in LEADS])
def test_the_leads_next_action(world: World, key: str, command: str) -> None:
    (action,) = world.for_lead()["actions"]
    assert action["key"] == key
    assert command in action["text"]


@pytest.mark.parametrize("world", [row[1] for row in LEADS], ids=[row[0] for row in LEADS])
def test_every_command_it_names_can_be_run_as_it_stands(world: World) -> None:
    found = re.findall(r"`atlas ([^`]+)`", world.for_lead()["actions"][0]["text"])
    for command in found:
        verb, *words = command.replace(" N", " 1").split()
        assert parser_of_verb(verb).parse_args(words)


WAITS = [
    ("an agent works", working(), "ann with api (in progress)"),
    ("it has to repeat", working(verification=UNREPEATED), "ann with api"),
    ("it has to read a change", working(**update("sent")), "ann with api"),
    ("the blocked one was helped", working(status="blocked").message("ann"), "ann with api (blocked)"),
    ("it was interrupted", working(status="blocked").interrupt("ann"), "ann with api (blocked)"),
    ("it was told what is missing", working(status="reported").message("ann"), "ann with api (reported)"),
    ("all agents are busy", working().module("ui"), "ann with api (in progress), a free agent for ui"),
    ("only people are left", World().module("api").agent("al", "human"), "a free agent for api"),
    ("the next module needs the first", working().module("ui", dependencies=["api"]).agent("ben"), "ann with api"),
    (
        "a message is a matter for the person",
        working().message("ann", "failed", attempts=5),
        "ann with api (in progress), the person, for ann cannot be sent msg-1",
    ),
    ("the lead has told the person", working(status="blocked").message("ann", sender="person"), "ann with api"),
]


@pytest.mark.parametrize(("world", "waiting"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS])
def test_the_lead_waits(world: World, waiting: str) -> None:
    stop = world.for_lead()
    assert (stop["actions"], stop["complete"]) == ([], False)
    assert stop["waiting"].startswith(waiting)


def test_the_most_urgent_action_comes_first_and_each_kind_once() -> None:
    world = World().message("ann", "failed", id="msg-0", attempts=1).message("lead")
    world.given("a", "a-ann", verification=ASKED).asked("a", QUESTION).given("b", "b-ann", verification=REPEATED)
    world.given("c", "c-ann", "blocked").given("d", "d-ann", "reported").given("e", "e-ann", "reported")
    world.module("f").module("g", priority="critical").agent("free")
    world.given("h", "h-ann", progress_polling=DUE).session("of-h-ann", "h-ann", ended_at=NOW, ended_seq=LATER)
    kinds = [action["key"].partition(":")[0] for action in world.for_lead()["actions"]]
    assert kinds == ["undelivered", "question", "judge", "blocked", "verify", "assign", "begin", "mail", "poll"]
    assert [action["key"] for action in world.for_lead()["actions"] if "assign" in action["key"]] == ["assign:g"]


@pytest.mark.parametrize("said", [{"type": "progress_poll"}, {"sender": "ben"}, {"seq": 1}, {"to": "ben"}])
def test_what_is_no_word_of_the_leads_since_then_leaves_the_blocked_one_to_it(said: dict[str, Any]) -> None:
    world = working(status="blocked").message(**{"to": "ann", **said})
    assert world.for_lead()["actions"][0]["key"] == "blocked:task-api:1"


def test_words_of_agents_are_data_of_one_line() -> None:
    text = asking().for_lead()["actions"][0]["text"]
    assert "\n| Why? [31mnow\n" in text
    assert re.fullmatch(r"(?:[^\n]|\n(?=\||Answer))*", text)


def test_a_poll_and_a_retry_are_due_at_their_time() -> None:
    (poll,) = working(progress_polling=DUE).for_lead()["actions"]
    assert poll["from"] == clock.epoch_seconds(TOLD)
    (retry,) = working().message("ann", "failed", attempts=1, next_try=TOLD).for_lead()["actions"]
    assert retry["from"] == clock.epoch_seconds(TOLD)


AT_WORK = [
    ("a session", working()),
    (
        "launched",
        working()
        .session("of-ann", "ann", ended_at=NOW, ended_seq=LATER)
        .workspace("api", "ann", "task-api", process={"pid": 1}),
    ),
    (
        "elsewhere",
        World()
        .given("api", "ann")
        .session("of-ann", "ann", ended_at=NOW, ended_seq=LATER)
        .agent("ann", transport="ai-maestro"),
    ),
    ("at a terminal", working().session("of-ann", None).agent("ann", last_seen=NOW, seen_seq=LATER)),
    ("done", working(status="reported").session("of-ann", None).message("ann")),
    ("no workspace yet", working().session("of-ann", None).workspace("api", "ann", "task-api", status="creating")),
    ("given on", working(handover={"to": "ben"}).session("of-ann", None)),
    ("waits for the lead", asking().session("of-ann", None)),
]


@pytest.mark.parametrize("world", [row[1] for row in AT_WORK], ids=[row[0] for row in AT_WORK])
def test_nobody_has_to_begin(world: World) -> None:
    assert not [action for action in world.for_lead()["actions"] if action["key"].startswith("begin")]


IDLE = [
    ("never seen", working().session("of-ann", None)),
    ("seen before it got this", working().session("of-ann", None).agent("ann", last_seen=NOW, seen_seq=1)),
    (
        "its session ended",
        working().session("of-ann", "ann", ended_at=NOW, ended_seq=LATER).agent("ann", last_seen=NOW, seen_seq=LATER),
    ),
    ("it was helped", working(status="blocked").session("of-ann", None).message("ann")),
    (
        "a subagent, that may be over",
        working()
        .session("of-ann", None)
        .agent("ann", last_seen=NOW, seen_seq=LATER)
        .workspace("api", "ann", "task-api", subagent="a1"),
    ),
    ("the lead read its mail", working().session("of-ann", None).session("lead-1", "ann").agent("ann")),
]


@pytest.mark.parametrize("world", [row[1] for row in IDLE], ids=[row[0] for row in IDLE])
def test_somebody_has_to_begin_unless_a_subagent_runs(world: World) -> None:
    (action,) = world.for_lead()["actions"]
    assert (action["key"], action["others_may"]) == ("begin:task-api", True)


def test_without_the_rule_nobody_waits_for_repetitions() -> None:
    world = working(verification=REPEATED).rules(understanding="off")
    assert world.for_lead()["actions"] == []
    assert world.for_worker("ann")["actions"][0]["key"] == "work:task-api:0"


def test_planning_and_completion() -> None:
    (action,) = World(phase="planning", status="drafting").for_lead()["actions"]
    assert "atlas approve" in action["text"]
    (action,) = World(phase="planning", status="approved").for_lead()["actions"]
    assert "atlas start" in action["text"]
    assert World(status="complete").module("api").for_lead() == {"complete": True, "actions": [], "waiting": ""}


AGENTS = [
    ("it has work", working(), "work:task-api:0", "atlas report api done"),
    ("it has to repeat", working(verification=UNREPEATED), "repeat:task-api:0", "atlas repeat api"),
    ("it has to repeat again", working(verification={**REPEATED, "findings": ["c2"]}), "repeat:task-api:1", "repeat"),
    ("it has mail", working(status="reported").message("ann"), "mail:msg-1", "atlas inbox ann"),
    ("a change", working(**update("sent")), "update:task-api:update-1:sent", "atlas acknowledge api update-1"),
    (
        "a change when done",
        working(status="reported", **update("received")),
        "update:task-api:update-1:received",
        "five",
    ),
]


@pytest.mark.parametrize(("world", "key", "command"), [row[1:] for row in AGENTS], ids=[row[0] for row in AGENTS])
def test_an_agents_next_action(world: World, key: str, command: str) -> None:
    stop = world.for_worker("ann")
    (action,) = stop["actions"]
    assert (action["key"], stop["complete"], stop["waiting"]) == (key, False, "")
    assert command in action["text"]


LET_GO = [
    ("done", working(status="reported"), ""),
    ("blocked", working(status="blocked"), ""),
    ("repeated", working(verification=REPEATED), "the lead's word about api"),
    ("asked", asking(), "the lead's word about api"),
    ("rests", working(**update("resolved")), "the lead's word about api"),
    ("given on", working(handover={"to": "ben"}), "api to be given to ben: leave everything as it is"),
]


@pytest.mark.parametrize(("world", "waiting"), [row[1:] for row in LET_GO], ids=[row[0] for row in LET_GO])
def test_an_agent_is_let_go(world: World, waiting: str) -> None:
    assert world.for_worker("ann") == {"complete": False, "actions": [], "waiting": waiting}


def test_an_agent_is_held_to_what_is_its_own() -> None:
    world = working().given("ui", "ben", "reported").given("docs", "ann", "blocked", task_uuid="task-docs")
    assert [action["key"] for action in world.for_worker("ann")["actions"]] == ["work:task-api:0"]
    assert world.for_worker("ann", "task-docs")["actions"] == []
    assert world.for_worker("carl") == {"complete": True, "actions": [], "waiting": ""}
