"""Interrupts in the real client: the call does not run, the model gets the words once, and a receipt comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.services.messages import interrupts
from tests.conftest import Atlas
from tests.kit.caller import equip
from tests.kit.state import begin_orchestration
from tests.kit.team import LEAD, Team, make_team

from .conftest import ModelFactory
from .model import Block, Request, Turn, bash, tool
from .sandbox import Sandbox

WORDS = "Passwords are hashed by a coroutine."
AS_LEAD = ("--session-id", LEAD)


@pytest.fixture
def team(repo: Path) -> Team:
    return make_team(repo)


def after(event: Callable[[], object], turn: Turn) -> Callable[[Request], Turn]:
    """A step: something happens while the model thinks, then it says this."""

    def step(request: Request) -> Turn:
        event()
        return turn

    return step


def assert_delivered(team: Team, module: str, count: int = 1) -> None:
    assert [status for _, status in team.receipts(module)] == ["delivered"] * count
    assert not team.interrupt_file(module).exists()


@pytest.mark.parametrize(
    ("plugin", "monitor"), [(True, False), (False, True), (True, True)], ids=["plugin", "workspace", "both"]
)
def test_an_interrupt_comes_between_two_calls(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, plugin: bool, monitor: bool
) -> None:
    if monitor:
        equip(team.workspace("api"))
    model = scripted(bash("touch first"), after(team.find, bash("touch second")), bash("touch third"), "Done.")
    workspace = team.workspace("api")
    run = sandbox.run_print("Go", model=model, cwd=workspace, plugin_dirs=[plugin_copy] * plugin)

    assert (run.result, run.events.init.get("plugin_errors", [])) == ("Done.", [])
    assert [name for name in ("first", "second", "third") if (workspace / name).exists()] == ["first", "third"]
    (stopped,) = model.requests[2].tool_results
    assert stopped.is_error
    assert WORDS in stopped.text
    assert "from ann" in stopped.text
    assert model.requests[-1].conversation.count(WORDS) == 1
    assert_delivered(team, "api")
    ((recipient, _),) = [found["recipients"] for found in team.discoveries()]
    assert (recipient["session"], recipient["tool"]) == (run.events.init["session_id"], "Bash")
    assert team.waiting("ui")


@pytest.mark.parametrize("monitor", [False, True], ids=["plugin", "both"])
def test_every_call_of_a_batch_is_stopped_and_the_words_are_said_once(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, monitor: bool
) -> None:
    if monitor:
        equip(team.workspace("api"))
    batch = [bash(f"touch file-{number}") for number in range(20)]
    model = scripted(after(team.find, batch), bash("touch later"), "Done.")
    workspace = team.workspace("api")
    sandbox.run_print("Go", model=model, cwd=workspace, plugin_dirs=[plugin_copy])

    results = model.requests[1].tool_results
    assert len(results) == 20
    assert all(result.is_error for result in results)
    assert [WORDS in result.text for result in results].count(True) == 1
    assert all("disc-" in result.text for result in results)
    assert not list(workspace.glob("file-*"))
    assert (workspace / "later").exists()
    assert_delivered(team, "api")


def test_two_interrupts_arrive_in_order(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    def both() -> None:
        team.find("The first one.")
        team.find("The second one.")

    model = scripted(after(both, bash("touch stopped")), "Done.")
    sandbox.run_print("Go", model=model, cwd=team.workspace("api"), plugin_dirs=[plugin_copy])

    said = model.requests[1].tool_results[0].text
    assert 0 < said.index("The first one.") < said.index("The second one.")
    assert_delivered(team, "api", 2)


def test_one_that_comes_while_another_is_handed_over_is_not_lost(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    model = scripted(
        after(lambda: team.find("The first one."), bash("touch one")),
        after(lambda: team.find("The second one."), bash("touch two")),
        bash("touch three"),
        "Done.",
    )
    sandbox.run_print("Go", model=model, cwd=team.workspace("api"), plugin_dirs=[plugin_copy])

    assert "The first one." in model.requests[1].tool_results[0].text
    assert "The second one." in model.requests[2].tool_results[0].text
    assert model.requests[-1].conversation.count("The first one.") == 1
    assert (team.workspace("api") / "three").exists()
    assert_delivered(team, "api", 2)


@pytest.mark.parametrize("monitor", [False, True], ids=["plugin", "both"])
def test_something_important_is_added_and_stops_nothing(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, monitor: bool
) -> None:
    if monitor:
        equip(team.workspace("api"))
    batch = [bash("touch one"), bash("touch two")]
    model = scripted(after(lambda: team.find(severity="important"), batch), "Done.")
    workspace = team.workspace("api")
    sandbox.run_print("Go", model=model, cwd=workspace, plugin_dirs=[plugin_copy])

    assert not any(result.is_error for result in model.requests[1].tool_results)
    assert sorted(file.name for file in workspace.glob("t*")) == ["two"]
    assert (workspace / "one").exists()
    assert model.requests[1].conversation.count(WORDS) == 1
    assert_delivered(team, "api")


# Subagents


def agent(prompt: str) -> Block:
    how = {"subagent_type": "general-purpose", "run_in_background": False}
    return tool("Agent", description="Work", prompt=prompt, **how)


@pytest.mark.parametrize("how", ["Write", "Bash"])
def test_a_subagent_of_the_lead_is_stopped_where_it_works(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, how: str
) -> None:
    workspace = team.workspace("api")
    file = workspace / "second.txt"
    work = {
        "Write": tool("Write", file_path=str(file), content="x"),
        "Bash": bash(f"cd '{workspace}' && touch {file.name}"),
    }
    readme = str(workspace / "README.md")
    model = scripted(agent("You do api."), tool("Read", file_path=readme), "Done.")
    model.route(
        lambda request: "You do api." in request.opening,
        tool("Read", file_path=readme),
        after(team.find, work[how]),
        "I was interrupted.",
    )
    run = sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD)

    assert run.result == "Done."
    assert not file.exists()
    stopped = next(request for request in model.requests if WORDS in request.conversation)
    assert "You do api." in stopped.opening
    assert stopped.tool_results[0].is_error
    assert not model.requests[-1].tool_results[0].is_error
    assert sum(result.text.count(WORDS) for request in model.requests for result in request.tool_results) == 1
    assert_delivered(team, "api")


def test_the_lead_is_not_stopped_by_what_waits_for_a_worker(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    team.find()
    readme = str(team.workspace("api") / "README.md")
    model = scripted([tool("Read", file_path=readme), bash("cd .claude/worktrees/api-ws")], bash("pwd"), "Done.")
    sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD)

    assert not any(result.is_error for request in model.requests for result in request.tool_results)
    assert team.receipts("api")[0][1] == "queued"
    assert team.waiting("api")


def test_a_session_without_a_role_is_left_alone(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    team.find()
    readme = str(team.workspace("api") / "README.md")
    model = scripted(agent("You read."), bash("touch mine"), "Done.")
    model.route(lambda request: "You read." in request.opening, tool("Read", file_path=readme), "Read.")
    sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy])

    assert (team.root / "mine").exists()
    assert not any(result.is_error for request in model.requests for result in request.tool_results)
    assert team.waiting("api")


# The lead's word


def test_a_stop_ends_the_workers_turn_there(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    def stop() -> None:
        interrupts.interrupt_agent(team.context(LEAD), "ben", "Leave it as it is.", stop=True)

    model = scripted(after(stop, [bash("touch one"), bash("touch two")]))
    workspace = team.workspace("api")
    with sandbox.stream(model=model, cwd=workspace, plugin_dirs=[plugin_copy]) as session:
        assert session.ask("Go") == ""
        assert_delivered(team, "api")
        model.then(bash("touch three"), "Going on.")
        assert session.ask("Go on") == "Going on."

    told = model.requests[1].conversation
    assert told.count("Leave it as it is.") == 1
    assert "from lead" in told
    assert [name for name in ("one", "two", "three") if (workspace / name).exists()] == ["three"]


def test_a_stop_ends_a_workers_helper_and_then_the_worker(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    def stop() -> None:
        interrupts.interrupt_agent(team.context(LEAD), "ben", "Leave it as it is.", stop=True)

    model = scripted(agent("You help."), bash("touch two"))
    model.route(lambda request: "You help." in request.opening, after(stop, bash("touch one")))
    workspace = team.workspace("api")
    run = sandbox.run_print("Go", model=model, cwd=workspace, plugin_dirs=[plugin_copy])

    assert run.result == ""
    assert not list(workspace.glob("[ot]*"))
    assert_delivered(team, "api")


def test_a_workspace_as_atlas_makes_it_needs_no_plugin(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path, atlas: Atlas
) -> None:
    begin_orchestration(repo)
    for words in (("register", "ai", "second"), ("assign", "board", "implementer-2", "--force")):
        assert atlas(*words).returncode == 0
    workspace = repo / ".claude/worktrees/board"

    def interrupt() -> None:
        assert atlas("interrupt", "implementer-2", WORDS).returncode == 0

    model = scripted(bash("touch first"), after(interrupt, bash("touch second")), "Done.")
    assert sandbox.run_print("Go", model=model, cwd=workspace).result == "Done."

    assert [name for name in ("first", "second") if (workspace / name).exists()] == ["first"]
    assert WORDS in model.requests[2].tool_results[0].text
    assert not (workspace / ".INTERRUPT").exists()
    assert "before Bash, session" in atlas("status").stdout
