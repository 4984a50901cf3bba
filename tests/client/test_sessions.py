"""Sessions in the real client: the role follows them, they know what is next, and mail reaches their models once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.board import status
from atlas.core.records.kinds import MESSAGE, WORKFLOW
from atlas.services.messages import notices
from atlas.services.project import pause
from tests.kit.team import LEAD, PLAN, Team, make_team
from tests.support import wait_for

from .conftest import ModelFactory
from .model import Block, Request, Turn, bash, tool
from .sandbox import Sandbox
from .stream import StreamingSession

AS_LEAD = ("--session-id", LEAD)
PART = "this session leads the orchestration"
WORDS = "Prefer short names."
RULE = "rule `delegate`"


@pytest.fixture
def team(repo: Path) -> Team:
    """The gates are lifted: nobody is sent on when it has said what it had to."""
    team = make_team(repo)
    lift(team)
    return team


def lift(team: Team, reason: str = "a test") -> None:
    pause.begin_pause(team.context(), reason, None)


def put_back(team: Team) -> None:
    pause.end_pause(team.context(), "", None)


def first(event: Callable[[], object], turn: Turn) -> Callable[[Request], Turn]:
    """A step: something happens while the model thinks, then it says this."""

    def step(request: Request) -> Turn:
        event()
        return turn

    return step


def lead_of(team: Team) -> str | None:
    return team.context().store.read(lambda tx: tx.need(WORKFLOW, PLAN)["lead"])


def send(team: Team, to: str = "ben") -> None:
    context = team.context(session=LEAD)
    notices.notify_agent(context, to, "A word", WORDS, "normal", "notification", None)


def seen(team: Team) -> list[str]:
    return [message["status"] for message in team.context().store.read(lambda tx: tx.all(MESSAGE))]


def id_of(session: StreamingSession) -> str:
    return str(session.events[-1]["session_id"])


def test_after_compaction_and_clearing_the_lead_knows_its_team_and_is_held_to_its_rules(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    edit = tool("Write", file_path=str(team.root / "source.py"), content="x")
    trial = [first(lambda: put_back(team), edit), first(lambda: lift(team), "Refused.")]
    model = scripted("One.", "Two.", "Three.", *trial, *trial)
    with sandbox.stream(model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD) as session:
        for words in ("First.", "Second.", "Third."):
            session.ask(words)
        session.ask("/compact")
        before = len(model.requests)
        session.ask("Fourth.")
        knows_its_part(model.requests[before:])
        session.ask("/clear")
        before = len(model.requests)
        session.ask("Fifth.")
        knows_its_part(model.requests[before:])
        assert lead_of(team) == id_of(session) != LEAD


def knows_its_part(requests: list[Request]) -> None:
    said = requests[0].conversation
    assert said.count(PART) == 1
    assert "core (ann, assigned), api (ben, assigned)" in said
    (refusal,) = requests[1].tool_results
    assert refusal.is_error
    assert RULE in refusal.text


def test_a_message_reaches_the_workers_model_once_at_its_next_call(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    batch = [bash("touch one"), bash("touch two")]
    model = scripted(bash("true"), first(lambda: send(team), batch), bash("true"), "Done.")
    run = sandbox.run_print("Go", model=model, cwd=team.workspace("api"), plugin_dirs=[plugin_copy])
    assert (run.result, run.events.init.get("plugin_errors", [])) == ("Done.", [])
    assert "this session is ben" in model.requests[0].conversation
    assert [request.conversation.count(f"| {WORDS}") for request in model.requests] == [0, 0, 1, 1]
    assert "ATLAS: mail." in model.requests[2].latest
    assert seen(team) == ["seen"]


def test_it_comes_with_what_the_person_says_next(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    model = scripted("One.", "Two.")
    with sandbox.stream(model=model, cwd=team.workspace("api"), plugin_dirs=[plugin_copy]) as session:
        session.ask("First.")
        send(team)
        session.ask("/atlas-status")
        session.ask("Second.")
    assert [request.conversation.count(f"| {WORDS}") for request in model.requests] == [0, 1]
    assert seen(team) == ["seen"]


def agent(prompt: str) -> Block:
    return tool("Agent", description="Work", prompt=prompt, subagent_type="atlas:worker", run_in_background=False)


def test_a_subagent_gets_the_mail_of_its_workspace_and_the_lead_its_own(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    task = "task-000000000001"
    place = team.workspace("api")
    model = scripted(first(lambda: put_back(team), agent(f"You have {task}.")), "Done.")
    model.route(
        lambda request: f"You have {task}." in request.opening,
        tool("Read", file_path=str(place / "README.md")),
        first(lambda: send(team), bash(f"cd '{place}' && true")),
        first(lambda: lift(team), "Read."),
    )
    sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD)
    got = [request.opening.count("You have task") for request in model.requests if f"| {WORDS}" in request.conversation]
    assert got == [1], "the subagent, in its last request"
    assert seen(team) == ["seen"]


def test_a_session_without_a_role_gets_nothing(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    put_back(team)
    send(team)
    model = scripted(bash("true"), tool("Write", file_path=str(team.root / "x.py"), content="x"), "Done.", "Again.")
    with sandbox.stream(model=model, cwd=team.root, plugin_dirs=[plugin_copy]) as session:
        assert session.ask("Go.") == "Done."
        session.ask("/clear")
        session.ask("Go.")
    assert not any(word in request.conversation for request in model.requests for word in ("ATLAS: mail", PART, WORDS))
    assert (team.root / "x.py").exists()
    assert (lead_of(team), seen(team)) == (LEAD, ["sent"])


def test_a_session_that_is_resumed_is_told_anew_and_one_that_branches_off_is_not(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    model = scripted("One.", "Two.", "Three.")
    resume = ("--resume", LEAD)
    for reason, how in {"a": AS_LEAD, "b": resume, "c": (*resume, "--fork-session")}.items():
        lift(team, f"reason-{reason}")
        run = sandbox.run_print("Go.", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=how)
    said = [[word for word in "abc" if f"reason-{word}" in request.conversation] for request in model.requests]
    assert [words[-1:] for words in said] == [["a"], ["b"], ["b"]]
    assert lead_of(team) == LEAD != run.events.init["session_id"]
    assert [one["session"] for one in status.board_status(team.context())["unattended"]] == [LEAD]


def test_in_a_terminal_too_the_role_follows_a_clearing(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    model = scripted("The first answer.", "The second answer.")
    with sandbox.interactive(model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD) as session:
        session.submit("First.")
        session.wait_for("The first answer.")
        session.submit("/clear")
        wait_for(lambda: lead_of(team) != LEAD)
        session.submit("Second.")
        session.wait_for("The second answer.")
    assert [request.conversation.count(PART) for request in model.requests] == [1, 1]


WAYS_OF_ITS_OWN = {
    "atlas pause It is in my way.": "ask the person to type /atlas-pause",
    'bash -c "CLAUDE_CODE_SESSION_ID+=x atlas pause because"': "no command may name it",
    'n=$(printf %s CLAUDE_CODE_SESSION) p=$(printf pause); unset "${n}_ID"; atlas $p x': "a client's model may not use",
}
"""How a lead would lift the gates itself, and what it is told: by the guard, and what that cannot see by the verb."""


def test_the_person_lifts_the_gates_by_typing_it(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    put_back(team)
    edit, again = (tool("Write", file_path=str(team.root / "source.py"), content="x") for _ in range(2))
    model = scripted(*map(bash, WAYS_OF_ITS_OWN), edit, first(lambda: lift(team), "Refused."), again, "Done.")
    with sandbox.stream(model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD) as session:
        assert session.ask("Go.") == "Refused."
        put_back(team)
        assert "The gates are lifted until" in session.ask("/atlas-pause --for 5 it's in the way; truly")
        assert session.ask("Again.") == "Done."
    *by_itself, refused, done = (model.requests[number].tool_results[0] for number in (1, 2, 3, 4, 6))
    for way, told in zip(WAYS_OF_ITS_OWN.values(), by_itself, strict=True):
        assert told.is_error
        assert way in told.text
    assert RULE in refused.text
    assert not done.is_error
    paused = team.context().store.read(lambda tx: tx.need(WORKFLOW, PLAN)["paused"])
    assert paused is not None
    assert paused["reason"] == "it's in the way; truly"
