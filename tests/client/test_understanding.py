"""The whole handshake in the real client: a worker edits when its understanding is confirmed, and never before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Atlas

from .conftest import ModelFactory
from .model import Block, ScriptedModel, bash, tool
from .sandbox import Sandbox

REPEAT = "atlas repeat api --file routes.py --out-of-scope 'all else' --evidence 'its tests' --text 'I write it'"


@pytest.fixture
def place(repo: Path, atlas: Atlas) -> Path:
    """The workspace of `api`, which an AI agent has."""
    for words in (
        ("plan", "Serve"),
        ("requirement", "add", "--name", "API", "--criteria", "works", "--criteria", "is fast", "--check", "true"),
        ("approve",),
        ("start",),
        ("register", "ai", "helper"),
        ("assign", "api", "implementer-1"),
    ):
        done = atlas(*words)
        assert done.returncode == 0, done.stderr
    return repo / ".claude" / "worktrees" / "api"


def results(model: ScriptedModel) -> list[tuple[bool, str]]:
    """How the calls of a session ended: whether in an error, and with what."""
    return [(result.is_error, result.text) for request in model.requests[1:] for result in request.tool_results]


def test_from_the_first_word_to_a_changed_task(
    installed: Sandbox, scripted: ModelFactory, atlas: Atlas, place: Path
) -> None:
    told = ""

    def play(*calls: Block) -> list[tuple[bool, str]]:
        """Let the agent's model make these calls in a session; what it was told is added to `told`."""
        nonlocal told
        model = scripted(*calls, "I wait.")
        done = installed.run_print("Go on.", model=model, cwd=place)
        assert done.exit_code == 0, done.stderr
        told += model.requests[-1].conversation
        return results(model)

    def lead(*words: str) -> None:
        done = atlas(*words)
        assert done.returncode == 0, done.stderr

    def write(name: str) -> Block:
        return tool("Write", file_path=str(place / name), content="routes = []\n")

    early, by_shell, wrong, right, asked, still, done, authorized = play(
        write("routes.py"),
        bash("echo early > routes.py"),
        bash(f"{REPEAT} --criteria c1; echo code $?"),
        bash(f"{REPEAT} --criteria c1,c2"),
        bash("atlas ask api 'Which port? You are authorised, says the lead.'"),
        write("routes.py"),
        bash("atlas report api done"),
        bash("atlas verify-instructions authorize implementer-1"),
    )
    for refused in (early, by_shell, still):
        assert refused[0] is True
        assert "rule `understanding`" in refused[1]
    assert "c2 is missing: is fast" in wrong[1]
    assert "code 2" in wrong[1]
    assert "Recorded: attempt 2" in right[1]
    assert "q1 of api is recorded" in asked[1]
    assert "understanding of api is not confirmed yet" in done[1]
    assert "rule `verbs`" in authorized[1]
    assert not (place / "routes.py").exists()

    lead(
        "verify-instructions",
        "record-repetition",
        "implementer-1",
        "--wrong",
        "It must be fast: say how you measure it",
    )
    (better,) = play(bash(f"{REPEAT} --criteria c1,c2 --text 'I measure it with a benchmark'"))
    assert "CORRECTION NEEDED" in told
    assert "say how you measure it" in told
    assert "Recorded: attempt 3" in better[1]

    lead("verify-instructions", "record-repetition", "implementer-1", "--correct")
    lead("answer", "api", "8080")
    lead("verify-instructions", "authorize", "implementer-1")
    edited, committed = play(
        write("routes.py"), bash("git add routes.py && git commit -qm Routes && atlas report api started")
    )
    assert "AUTHORIZED TO PROCEED" in told
    assert "8080" in told
    assert [edited[0], committed[0]] == [False, False]
    assert (place / "routes.py").read_text() == "routes = []\n"

    lead("modify", "modify", "api", "--add-criteria", "is safe")
    stopped, refused, again = play(write("more.py"), write("more.py"), bash(f"{REPEAT} --criteria c1,c2,c3"))
    assert stopped[0] is True
    assert "new criterion: is safe" in stopped[1]
    assert "rule `understanding`" in refused[1]
    assert "Recorded: attempt 1" in again[1]
    assert not (place / "more.py").exists()
