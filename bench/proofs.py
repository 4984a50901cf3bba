"""What a proof's checkout costs itself, new and in a used slot, against `git worktree add` of the same commit."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from .marks import Figure
from .project import make_project

FILES = 5_000
CHANGED = 5
ROUNDS = 7
MARKS = {"new": 1.0, "used": 0.2}


def measure(folder: Path) -> Iterator[Figure]:
    """Both, with the worktrees in between, so that what else the machine does counts for all."""
    from atlas.adapters.git.checkout_pool import hold_checkout

    project, trees = _prepare(folder), folder / "trees"

    def hold(pool: Path, commit: str) -> None:
        with hold_checkout(str(project), commit, str(pool)):
            pass

    used = folder / "used"
    hold(used, _change(project, 0))
    taken: dict[str, list[float]] = {"new": [], "used": [], "worktree": []}
    for number in range(1, ROUNDS + 1):
        commit = _change(project, number)
        tree = ("worktree", "add", "--quiet", "--detach", str(trees / str(number)), commit)
        taken["worktree"].append(_timed(lambda tree=tree: _git(project, *tree)))  # type: ignore[misc]
        taken["used"].append(_timed(lambda commit=commit: hold(used, commit)))  # type: ignore[misc]
        new = folder / f"new-{number}"
        taken["new"].append(_timed(lambda new=new, commit=commit: hold(new, commit)))  # type: ignore[misc]
    for kind, mark in MARKS.items():
        ratio = median(taken[kind]) / median(taken["worktree"])
        yield Figure(f"proof checkout, {kind} slot / git worktree add", ratio, mark)


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _prepare(folder: Path) -> Path:
    project = make_project(folder / "proofs", 1)
    for number in range(FILES):
        file = project / f"src/p{number % 50}/f{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"line {line} of {number}\n" for line in range(60)))
    return project


def _change(project: Path, number: int) -> str:
    """A commit that changes few files; returns it."""
    for step in range(CHANGED):
        target = number * CHANGED + step
        (project / f"src/p{target % 50}/f{target}.py").write_text(f"changed in {number}\n")
    _git(project, "add", "--all")
    _git(project, "-c", "user.name=Bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "--message=Work")
    return _git(project, "rev-parse", "HEAD")


def _git(project: Path, *words: str) -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    return subprocess.run(
        ["git", *words], cwd=project, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()
