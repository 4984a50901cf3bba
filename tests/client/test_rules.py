"""Each rule of the gates once through the real client: what it refuses does not happen, and what it allows does.

In print mode nobody can be asked, so that the client refuses what a gate asks about.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kit.handshake import handshake
from tests.kit.project import Project
from tests.support import git

from .conftest import ModelFactory
from .model import Block, Request, Turn, bash, tool
from .sandbox import Sandbox

LEAD = "11111111-aaaa-4bbb-8ccc-000000000002"
AS_LEAD = ("--session-id", LEAD)
ALLOWED = ""
STATE = Path(".claude/DISCOVERIES.json")
"""A table that is not there yet: what is there, the client lets nobody write who has not read it."""
Event = Callable[[], object]


class Try(NamedTuple):
    """A call, the rule that refuses it or `ALLOWED`, and what happens before the model makes it."""

    call: Block
    rule: str = ALLOWED
    first: Event | None = None


@pytest.fixture
def project(repo: Path) -> Project:
    """A plan of `greeting` and `docs`, begun by the session `LEAD`."""
    project = Project(repo)
    (repo / "src").mkdir()
    project.commit("src/app.py", "print()\n")
    project.commit("notes.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    git(repo, "init", "--quiet", "--bare", str(repo.parent / "remote.git"))
    git(repo, "remote", "add", "origin", str(repo.parent / "remote.git"))
    project.does("plan", "Greet", session=LEAD)
    for name in ("greeting", "docs"):
        project.does("requirement", "add", "--name", name, "--criteria", "it is there", "--check", "true", session=LEAD)
    return project


@pytest.fixture
def executing(project: Project) -> Project:
    """It is executed, and each is an AI agent's, who may not edit yet."""
    for command in (["approve"], ["start"], ["register", "ai", "one"], ["register", "ai", "two"]):
        project.does(*command, session=LEAD)
    for module, agent in (("greeting", "implementer-1"), ("docs", "implementer-2")):
        project.does("assign", module, agent, session=LEAD)
    return project


@pytest.fixture
def place(executing: Project) -> Path:
    return executing.folder / ".claude" / "worktrees" / "greeting"


def pause(project: Project) -> None:
    """The person lifts the gates."""
    project.does("pause", "the rest is not what is tried here")


def play(
    sandbox: Sandbox, scripted: ModelFactory, plugin: Path, project: Project, cwd: Path, *tries: Try, lead: bool = False
) -> None:
    """Make the calls, one a turn, in one session; each comes to what is expected, by the rule that is expected.

    The client itself would let a session edit in the whole project. At last the gates are lifted, lest the session be
    sent on.
    """

    def step(first: Event | None, turn: Turn) -> Callable[[Request], Turn]:
        def answer(request: Request) -> Turn:
            if first is not None:
                first()
            return turn

        return answer

    model = scripted(*(step(one.first, one.call) for one in tries), step(lambda: pause(project), "Done."))
    extra = ("--add-dir", str(project.folder), *(AS_LEAD if lead else ()))
    run = sandbox.run_print("Work.", model=model, cwd=cwd, plugin_dirs=[plugin], extra_args=extra)
    assert (run.result, run.events.init.get("plugin_errors", [])) == ("Done.", []), run.stderr
    results = [result for request in model.requests[1:] for result in request.tool_results]
    assert len(results) == len(tries)
    for one, result in zip(tries, results, strict=True):
        said = f"{one.call['name']} {one.call['input']}: {result.text}"
        assert ("ATLAS, rule" in result.text) is bool(one.rule), said
        assert f"rule `{one.rule}`" in result.text if one.rule else not result.is_error, said


def write(path: Path, text: str = "x\n") -> Block:
    return tool("Write", file_path=str(path), content=text)


def test_a_worker(sandbox: Sandbox, scripted: ModelFactory, plugin_copy: Path, executing: Project, place: Path) -> None:
    root, head = executing.folder, git(executing.folder, "rev-parse", "--all")
    hello, notes = place / "hello.txt", root / "notes.ipynb"

    def begin() -> None:
        executing.does("answer", "greeting", "English", session=LEAD)
        executing.walk(handshake("greeting", file="hello.txt"))

    def link() -> None:
        (place / "way-out").symlink_to(root)

    play(
        *(sandbox, scripted, plugin_copy, executing, place),
        Try(tool("Read", file_path=str(place / "README.md"))),
        Try(bash("git log --oneline && ls ../../..")),
        Try(write(hello), "understanding"),
        Try(bash("echo early >hello.txt"), "understanding"),
        Try(bash("atlas ask greeting 'Which language?'")),
        Try(write(hello), first=begin),
        Try(tool("Edit", file_path=str(hello), old_string="x", new_string="hello")),
        Try(bash("git add hello.txt && git commit --quiet -m Greet")),
        Try(bash("atlas report greeting progress --text 'It greets'")),
        Try(write(root / "src" / "new.py"), "outside"),
        Try(bash("cd ../../../src && touch new.py"), "outside"),
        Try(tool("Read", file_path=str(notes))),
        Try(
            tool("NotebookEdit", notebook_path=str(notes), new_source="x", cell_type="code", edit_mode="insert"),
            "outside",
        ),
        Try(write(place / "way-out" / "src" / "new.py"), "outside", first=link),
        Try(bash("cd ../docs && git status")),
        Try(write(place.parent / "docs" / "new.py"), "outside"),
        Try(bash(f"cd '{place}' && atlas inbox implementer-1 --peek")),
        Try(write(root / STATE), "state"),
        Try(bash(f"rm -rf '{root}/.git/atlas'"), "state"),
        Try(bash("git push --force origin HEAD"), "git"),
        Try(bash("git switch main"), "git"),
        Try(bash("git branch -D main"), "git"),
        Try(bash("git push . HEAD:atlas/integration"), "git"),
        Try(bash(f"git -C '{root}' commit --allow-empty -m x"), "git"),
        Try(bash("atlas complete greeting --reason 'it is done'"), "verbs"),
    )
    assert hello.read_text() == "hello\n"
    assert not (root / "src" / "new.py").exists()
    assert notes.read_text().startswith('{"cells": []')
    assert executing.records("modules")["greeting"]["status"] == "in_progress"
    assert git(root, "rev-parse", "--all").splitlines() != head.splitlines(), "its own branch moved"
    assert git(root, "rev-parse", "main") in head
    assert git(root, "for-each-ref", "refs/remotes") == ""
    (session,) = [one for one in executing.records("sessions").values() if one["decisions"]]
    assert session["decisions"] == {"understanding": 2, "outside": 5, "state": 2, "git": 5, "verbs": 1}


def test_a_worker_whom_an_interrupt_waits_for(
    sandbox: Sandbox, scripted: ModelFactory, plugin_copy: Path, executing: Project, place: Path
) -> None:
    def end(request: Request) -> Turn:
        pause(executing)
        return "Done."

    model = scripted(bash("touch /dev/null"), bash("git status"), end)
    executing.does("interrupt", "implementer-1", "Use the other port.", session=LEAD)
    run = sandbox.run_print("Work.", model=model, cwd=place, plugin_dirs=[plugin_copy])
    assert run.result == "Done."
    stopped, allowed = [result for request in model.requests[1:] for result in request.tool_results]
    assert stopped.is_error
    assert "Use the other port." in stopped.text
    assert not allowed.is_error


def test_the_lead_while_planning(sandbox: Sandbox, scripted: ModelFactory, plugin_copy: Path, project: Project) -> None:
    root = project.folder
    play(
        *(sandbox, scripted, plugin_copy, project, root),
        Try(write(root / "src" / "new.py"), "plan-first"),
        Try(bash("echo x >src/new.py"), "plan-first"),
        Try(write(root / "docs" / "design.md")),
        Try(write(root / STATE), "state"),
        Try(bash("atlas plan-status")),
        Try(write(root / "src" / "new.py"), first=lambda: project.does("settings", "gate.plan-first", "off")),
        lead=True,
    )
    assert (root / "src" / "new.py").exists()
    assert (root / "docs" / "design.md").exists()


def test_the_lead_while_executing(
    sandbox: Sandbox, scripted: ModelFactory, plugin_copy: Path, executing: Project, place: Path
) -> None:
    root = executing.folder
    task = executing.assignment("greeting")["task_uuid"]

    def dispatch(prompt: str, kind: str = "atlas:worker") -> Block:
        return tool("Agent", description="Work", prompt=prompt, subagent_type=kind, run_in_background=False)

    play(
        *(sandbox, scripted, plugin_copy, executing, root),
        Try(write(root / "src" / "new.py"), "delegate"),
        Try(bash("sed -i s/print/exit/ src/app.py"), "delegate"),
        Try(write(place / "hello.md"), "delegate"),
        Try(write(root / "docs" / "notes.md")),
        Try(bash("cat src/app.py && git status && atlas status")),
        Try(tool("Edit", file_path=str(root / "docs" / "notes.md"), old_string="x", new_string="y")),
        Try(write(root / STATE), "state"),
        Try(bash("echo '{}' >.git/atlas/gate.json"), "state"),
        Try(dispatch("Build the greeting."), "dispatch"),
        Try(dispatch(f"Begin with {task}."), "dispatch"),
        Try(dispatch("Begin with task-000000000000."), "dispatch"),
        Try(write(root / "src" / "new.py"), first=lambda: pause(executing)),
        lead=True,
    )
    assert (root / "src" / "app.py").read_text() == "print()\n"
    assert (root / "docs" / "notes.md").read_text() == "y\n"
    assert not (place / "hello.md").exists()
    decisions = executing.records("sessions")[LEAD]["decisions"]
    assert decisions == {"delegate": 3, "state": 2, "dispatch": 3}


def test_a_session_without_a_role(
    sandbox: Sandbox, scripted: ModelFactory, plugin_copy: Path, executing: Project
) -> None:
    """Beside a lead and a worker: it is refused nothing, is not sent on, and leaves no trace."""
    root = executing.folder
    calls = [
        write(root / "src" / "new.py"),
        bash("git push --quiet --force origin HEAD:other && git switch --quiet --create other"),
        tool("Edit", file_path=str(root / "src" / "app.py"), old_string="print", new_string="exit"),
    ]
    before = executing.records("sessions")
    model = scripted(tool("Read", file_path=str(root / "src" / "app.py")), *calls, "Done.")
    run = sandbox.run_print("Work.", model=model, cwd=root, plugin_dirs=[plugin_copy])
    assert run.result == "Done."
    results = [result for request in model.requests[1:] for result in request.tool_results]
    assert [result.is_error for result in results] == [False] * 4, results
    assert git(root, "branch", "--show-current") == "other"
    assert executing.records("sessions") == before
    assert "ATLAS, rule" not in model.requests[-1].conversation
    session = run.events.init["session_id"]
    assert not [path for path in (root / ".git" / "atlas").rglob("*") if session in path.name]
