"""`make demo`: a whole orchestration with real processes, which fails when anything is not as told."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from .support import PYTHON, ROOT, run

STORY = (
    "Planning plan-",
    "is approved: 4 modules",
    "implementer-1 is now registered: ai wordsmith",
    "cli depends on counter, report, not complete yet",
    "| README.md is outside the scope of tokenizer: wordcount/tokenizer.py",
    "Recorded: attempt 2 to repeat tokenizer",
    "the lead has to confirm your repetition",
    "implementer-1 is authorised to work on tokenizer",
    "implementer-1 may not use 'complete'",
    "tokenizer is not complete: a check failed",
    "implementer-1 | reads: VERIFICATION LOOP 1",
    "tokenizer is complete on commit",
    "implementer-1 | $ atlas report counter blocked",
    "counter is blocked: work has begun",
    "where the other goes on",
    "implementer-1 | reads: [STOP] Module: Counter",
    "not committed, so that no check saw it: wordcount/report.py",
    "report is not complete: a check is flaky",
    "report is complete on commit",
    "counter is not complete: a check failed",
    "counter is complete on commit",
    "cli is not complete: a check could not run",
    "cli passes on commit",
    "the orchestration is complete",
    "    4 fish\n    1 blue\n",
    "That was a whole orchestration",
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the demo makes its folder."""
    (tmp_path / "a place").mkdir()
    return tmp_path / "a place"


def test_it_tells_the_whole_story_and_leaves_nothing_behind(place: Path) -> None:
    done = run(PYTHON, "-m", "tests.demo", cwd=ROOT, env={"TMPDIR": str(place)}, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    position = 0
    for part in STORY:
        position = done.stdout.find(part, position)
        assert position >= 0, f"{part!r} is missing or comes too early"
    assert "\x1b" not in done.stdout
    assert list(place.iterdir()) == []


def test_it_fails_in_one_line_when_something_is_not_as_told(place: Path, tmp_path: Path) -> None:
    """With a Python whose tests always pass, the check that shall fail does not."""
    folder = tmp_path / "credulous"
    folder.mkdir()
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\ncase $2 in unittest) ;; *) exec {shlex.quote(PYTHON)} "$@" ;; esac\n', "utf-8")
    python.chmod(0o755)
    env = {"TMPDIR": str(place), "PATH": f"{folder}:{os.environ['PATH']}"}
    done = run(PYTHON, "-m", "tests.demo", cwd=ROOT, env=env, timeout=300)
    assert done.returncode == 1
    assert done.stderr == "\ndemo: `atlas complete tokenizer` ended with exit code 0, not 2\n"
    assert list(place.iterdir()) == []


def test_without_git_it_says_so(tmp_path: Path) -> None:
    done = run(PYTHON, "-m", "tests.demo", cwd=ROOT, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.startswith("\ndemo: ")
    assert "git" in done.stderr
