"""Workspaces in the real client: a worker is never asked and never gets out, and its clean-up leaves ours alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Atlas
from tests.kit.handshake import handshake
from tests.kit.kept import Kept
from tests.kit.project import Project
from tests.support import git, wait_for

from . import sandbox as sandboxes
from .conftest import ModelFactory
from .model import Block, Request, ToolResult, bash, tool
from .sandbox import PrintRun, Sandbox

CHECK = "test -f hello.txt && (cat hello.txt | grep -q 'hello; world')"
PIPED = "python3 -c 'print(open(\"hello.txt\").read())' | grep -q hello && python3 -c 'print(1)' >/dev/null 2>&1"


@pytest.fixture(scope="session")
def _project(_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    commands = (
        ("plan", "Greet"),
        ("requirement", "add", "--name", "Greeting", "--criteria", "greets", "--check", CHECK, "--check", PIPED),
        ("approve",),
        ("start",),
        ("register", "ai", "helper"),
        ("assign", "greeting", "implementer-1"),
        *handshake("greeting", file="hello.txt"),
    )
    folder = tmp_path_factory.mktemp("greeting")
    return Kept(folder, lambda root: Project(root).walk(map(list, commands)), _repository)


@pytest.fixture
def repo(_project: Kept) -> Path:
    return _project.put_back()


@pytest.fixture
def project(repo: Path) -> Path:
    """An orchestration whose one module is an AI agent's, in the workspace `greeting`."""
    return repo


@pytest.fixture
def place(project: Path) -> Path:
    return project / ".claude" / "worktrees" / "greeting"


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions get no permissions from their command line: only what the workspace says holds."""
    monkeypatch.setattr(sandboxes, "PERMISSIONS", ())


def play(
    sandbox: Sandbox, scripted: ModelFactory, cwd: Path, calls: list[Block], **options: Any
) -> tuple[PrintRun, list[ToolResult]]:
    """Let a model make these calls one after the other in a session; how each ended."""
    model = scripted(*calls, "Done.")
    done = sandbox.run_print("Work.", model=model, cwd=cwd, **options)
    assert done.exit_code == 0, done.stderr
    return done, [result for request in model.requests[1:] for result in request.tool_results]


def listed(root: Path) -> set[str]:
    found = {str(path.relative_to(root)) for path in root.rglob("*") if ".git" not in path.relative_to(root).parts}
    return {path for path in found if not path.startswith((".claude/worktrees/greeting", ".claude/workspaces"))}


@pytest.mark.usefixtures("unasked")
def test_a_worker_edits_checks_and_commits_without_being_asked(
    sandbox: Sandbox, scripted: ModelFactory, project: Path, place: Path
) -> None:
    commands = json.loads((place / ".claude/WORKER_CONTEXT.json").read_text())["commands"]
    launcher = commands["atlas"]
    before = listed(project)
    calls = [
        tool("Read", file_path=str(place / ".claude/WORKER_CONTEXT.json")),
        bash(f"{launcher} inbox implementer-1"),
        bash(f"{launcher} report greeting started --text 'I will greet'"),
        tool("Write", file_path=str(place / "hello.txt"), content="hello; world\n"),
        tool("Read", file_path=str(place / "README.md")),
        tool("Edit", file_path=str(place / "README.md"), old_string="Example", new_string="Greeting"),
        tool("Write", file_path=str(place / "deep" / "er" / "new.txt"), content="new\n"),
        bash(commands["checks"]),
        bash("test -f hello.txt"),
        bash("git status && git diff && git log --oneline"),
        bash("git add -A && git commit -qm 'Greet the world'"),
        bash(f"{launcher} report greeting done"),
    ]
    done, results = play(sandbox, scripted, place, calls)
    refused = [(call["input"], result.text) for call, result in zip(calls, results, strict=True) if result.is_error]
    assert refused == []
    assert done.events.init["permissionMode"] == "dontAsk"
    names = ["README.md", "deep/er/new.txt", "hello.txt"]
    assert git(place, "show", "--name-only", "--format=%s", "HEAD").split("\n\n") == [
        "Greet the world",
        "\n".join(names),
    ]
    assert git(place, "status", "--porcelain") == git(project, "status", "--porcelain") == ""
    assert listed(project) == before


@pytest.mark.usefixtures("unasked")
def test_nothing_outside_is_written_read_or_run(
    sandbox: Sandbox, scripted: ModelFactory, project: Path, place: Path, tmp_path: Path
) -> None:
    before, head = listed(project), git(project, "rev-parse", "--all")
    (tmp_path / "secret").write_text("the secret")
    calls = [
        tool("Write", file_path=str(project / "main.txt"), content="x"),
        tool("Edit", file_path=str(project / "README.md"), old_string="Example", new_string="Mine"),
        tool("Write", file_path=str(project / ".claude/worktrees/other.txt"), content="x"),
        tool("Write", file_path=str(project / ".claude/workspaces/greeting/x.txt"), content="x"),
        tool("Write", file_path=str(place / ".claude/settings.local.json"), content="{}"),
        tool("Write", file_path=str(tmp_path / "out.txt"), content="x"),
        tool("Read", file_path=str(tmp_path / "secret")),
        bash(f"echo x > '{project}/main.txt'"),
        bash(f"cat '{tmp_path}/secret'"),
        bash(f"git diff --output='{project}/main.txt' HEAD"),
        bash(f"git log --output='{project}/main.txt'"),
        bash("git push origin HEAD"),
        bash("git branch -f main"),
        bash("git worktree remove --force ."),
        bash(f"git -C '{project}' commit --allow-empty -m x"),
        bash('python3 -c \'open("../../../main.txt", "w")\''),
        bash("atlas complete greeting"),
    ]
    _, results = play(sandbox, scripted, place, calls)
    assert len(results) == len(calls)
    for call, result in zip(calls, results, strict=True):
        assert result.is_error, call["input"]
        assert "the secret" not in result.text
        assert "requires approval" not in result.text
    assert (listed(project), git(project, "rev-parse", "--all")) == (before, head)
    assert json.loads((place / ".claude/settings.local.json").read_text())["hooks"]


@pytest.mark.usefixtures("unasked")
def test_what_a_refused_worker_is_told(sandbox: Sandbox, scripted: ModelFactory, place: Path) -> None:
    _, (result,) = play(sandbox, scripted, place, [bash("npm publish")])
    assert "denied" in result.text
    assert result.is_error


def test_a_session_of_the_clients_own_worktree_kind(
    sandbox: Sandbox, scripted: ModelFactory, atlas: Atlas, project: Path, place: Path
) -> None:
    """`claude -w NAME`, with our name and with others, in print mode and in a terminal, where it cleans up after it.

    Ours has no change in it: what the client takes for unused it removes without asking.
    """
    for name in ("mine", "greeting"):
        _, (result,) = play(sandbox, scripted, project, [bash("git branch --show-current")], extra_args=["-w", name])
        assert result.text == ("worktree-mine" if name == "mine" else "atlas/greeting")
    for name in ("other", "greeting"):
        model = scripted()
        with sandbox.interactive(model=model, cwd=project, extra_args=["-w", name]) as session:
            session.wait_for(f"worktrees/{name}")
            session.submit("/exit")
            wait_for(lambda: not sandbox.processes())
    assert "worktrees/other" not in git(project, "worktree", "list"), "it cleaned nothing up: this shows nothing"
    assert git(place, "branch", "--show-current") == "atlas/greeting"
    assert "ok       workspaces" in atlas("doctor").stdout


def test_isolated_subagents_come_and_go_beside_ours(
    sandbox: Sandbox, scripted: ModelFactory, project: Path, place: Path
) -> None:
    (place / "half.txt").write_text("half")
    model = scripted(
        tool("Agent", description="x", prompt="SUBTASK", subagent_type="general-purpose", isolation="worktree")
    )
    model.route(lambda request: "SUBTASK" in request.opening and not is_main(request), bash("pwd"), "There.")
    if sandbox.client.name == "newest":
        model.then("Waiting.")  # it runs subagents in the background
    model.route(lambda request: "There." in request.latest, "Done.")
    sandbox.run_print("Delegate this.", model=model, cwd=project)
    where = [result.text for request in model.requests for result in request.tool_results if "/agent-" in result.text]
    assert where, "the subagent had no worktree of its own"
    assert git(place, "status", "--porcelain") == "?? half.txt"


def is_main(request: Request) -> bool:
    return "Delegate this." in request.opening
