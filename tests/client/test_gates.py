"""Gates in the real client where each rule's own test does not look: subagents, and a hook that cannot decide."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from atlas.core.records.kinds import WORKFLOW, WORKSPACE
from tests.kit.calls import task_of
from tests.kit.team import LEAD, Team, make_team

from .conftest import ModelFactory
from .model import Block, Request, bash, tool
from .sandbox import Sandbox

AS_LEAD = ("--session-id", LEAD)


@pytest.fixture
def team(repo: Path) -> Team:
    return make_team(repo)


def write(path: Path, text: str = "x\n") -> Block:
    return tool("Write", file_path=str(path), content=text)


def read(path: Path) -> Block:
    return tool("Read", file_path=str(path))


def agent(kind: str, prompt: str) -> Block:
    return tool("Agent", description="Work", prompt=prompt, subagent_type=kind, run_in_background=False)


def of(prompt: str) -> Callable[[Request], bool]:
    """Whether a request is that of the subagent which was given this prompt."""
    return lambda request: prompt in request.opening


def lift(team: Team) -> str:
    """Let whoever is at the end of its work end."""
    pause = {"at": "2026-01-01T00:00:00Z", "until": None, "reason": "x", "by": "person"}
    team.put(lambda tx: tx.patch(WORKFLOW, tx.only(WORKFLOW), paused=pause))
    return "Done."


def results(requests: Iterable[Request]) -> list[str]:
    """For each call, the rule that refused it, or how it went."""
    told = [result for request in requests for result in request.tool_results]
    rules = [result.text.partition("rule `")[2].partition("`")[0] for result in told]
    return [rule or ("error" if result.is_error else "done") for rule, result in zip(rules, told, strict=True)]


def test_a_subagent_of_the_lead_is_held_to_the_workspace_of_its_first_step(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    mine, docs = team.workspace("api"), team.root / "docs"
    prompt = f"You do api, {task_of(team, 'api')}."
    model = scripted(agent("atlas:worker", prompt), write(docs / "of-the-lead.md"), lambda request: lift(team))
    model.route(
        of(prompt),
        write(docs / "early.md"),
        read(mine / "README.md"),
        write(mine / "api.py"),
        write(docs / "late.md"),
        write(team.workspace("core") / "api.py"),
        bash(f"cd '{mine}' && echo x >more.py"),
        lambda request: lift(team),
    )
    run = sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD)

    assert (run.result, run.events.init.get("plugin_errors", [])) == ("Done.", [])
    its_own = filter(of(prompt), model.requests)
    assert results(its_own) == ["unbound", "done", "done", "outside", "outside", "done"]
    assert sorted(file.name for file in docs.iterdir()) == ["of-the-lead.md"]
    assert sorted(file.name for file in mine.glob("*.py")) == ["api.py", "more.py"]
    workspace = team.context().store.read(lambda tx: tx.get(WORKSPACE, "api-ws"))
    assert workspace is not None
    assert [workspace["subagent"]] == [file.name for file in (team.atlas / "gates/subagents").iterdir()]


def test_two_subagents_of_the_lead_are_told_apart(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path
) -> None:
    """One of them of another kind, and a third that only looks."""
    prompts = {module: f"You do {module}, {task_of(team, module)}." for module in ("api", "ui")}
    kinds = {"api": "atlas:worker", "ui": "general-purpose"}
    model = scripted(
        [agent(kinds[module], prompt) for module, prompt in prompts.items()],
        agent("general-purpose", "You look around."),
        lambda request: lift(team),
    )
    for module, other in (("api", "ui"), ("ui", "api")):
        model.route(
            of(prompts[module]),
            read(team.workspace(module) / "README.md"),
            write(team.workspace(module) / "a.py"),
            write(team.workspace(other) / "b.py"),
            bash(f"atlas report {module} blocked --text x"),
            "Blocked.",
        )
    model.route(
        of("You look around."),
        read(team.workspace("api") / "a.py"),
        write(team.root / "docs/seen.md"),
        "Seen.",
    )
    sandbox.run_print("Go", model=model, cwd=team.root, plugin_dirs=[plugin_copy], extra_args=AS_LEAD)

    for prompt in prompts.values():
        assert results(filter(of(prompt), model.requests))[:3] == ["done", "done", "outside"]
    assert results(filter(of("You look around."), model.requests)) == ["done", "done"]
    assert sorted(file.parent.name for file in team.root.glob(".claude/worktrees/*/a.py")) == ["api-ws", "ui-ws"]


@pytest.mark.parametrize("size", [1, 200_000])
def test_without_a_python_a_call_is_not_let_through_and_others_do_not_notice(
    sandbox: Sandbox, scripted: ModelFactory, team: Team, plugin_copy: Path, size: int
) -> None:
    """Of a large event nobody reads anything then."""
    tools = sandbox.root / "tools"
    tools.mkdir()
    for name in ("sh", "bash", "git", "cat"):
        (tools / name).symlink_to(shutil.which(name) or name)
    model = scripted(write(team.workspace("api") / "a.txt", "x" * size), "Done.", write(team.root / "b.txt"), "Done.")
    for folder in (team.workspace("api"), team.root):
        with sandbox.stream(model=model, cwd=folder, plugin_dirs=[plugin_copy], env={"PATH": str(tools)}) as session:
            assert session.ask("Go") == "Done."

    refused, done = [result for request in model.requests for result in request.tool_results]
    assert refused.is_error
    assert "Python 3.10" in refused.text
    assert not done.is_error
    assert not (team.workspace("api") / "a.txt").exists()
