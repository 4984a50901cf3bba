"""That exit code 1 is held to its meaning by whatever runs a command here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .kit.state import history_of
from .support import run
from .unchanged import others_at_work

CHANGES = {
    "the history": ".git/atlas/history.jsonl",
    "a table": ".claude/MESSAGES.json",
    "a branch": ".git/refs/heads/another",
    "a handoff": ".claude/handoffs/docs-to-dev-alice.md",
    "a workspace": ".claude/worktrees/docs/.git",
}


@pytest.fixture
def door(begun: Path) -> Path:
    """A script with the name of a verb's, which writes a file, says a line, and ends with a code."""
    script = begun.parent / "atlas_lead.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "path.parent.mkdir(parents=True, exist_ok=True)\n"
        "path.open('a').write('x')\n"
        "sys.exit(int(sys.argv[2]) if len(sys.argv) < 4 else print(sys.argv[3], file=sys.stderr) or 1)\n"
    )
    return script


@pytest.mark.parametrize("what", CHANGES)
def test_a_command_that_fails_and_changed_something_is_found(what: str, begun: Path, door: Path) -> None:
    with pytest.raises(AssertionError, match=r"exit 1 of .* changed"):
        run(sys.executable, door, CHANGES[what], "1", cwd=begun)


def test_what_may_change(begun: Path, door: Path) -> None:
    history = str(history_of(begun))
    assert run(sys.executable, door, history, "0", cwd=begun).returncode == 0
    assert run(sys.executable, door, ".git/atlas/logs/one", "1", cwd=begun).returncode == 1
    assert run(sys.executable, door, history, "1", "atlas: note: mended", cwd=begun).returncode == 1
    with others_at_work("this test says so"):
        assert run(sys.executable, door, history, "1", cwd=begun).returncode == 1


def test_a_slash_command_is_held_to_it_too(begun: Path) -> None:
    event = '{"hook_event_name": "UserPromptExpansion", "command_name": "atlas:atlas-lead"}'
    script = 'echo x >> "$0"; echo "no (exit code 1)"'
    with pytest.raises(AssertionError, match="exit 1 of lead changed"):
        run("sh", "-c", script, history_of(begun), cwd=begun, stdin=event)
