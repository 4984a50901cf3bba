"""Finding conflicts among ten workspaces of a 5,000-file repository, against `git merge-tree` by hand."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from atlas.services.orchestration import assigning

from .marks import Figure
from .project import make_project

FILES, WORKSPACES, ROUNDS = 5_000, 10, 5
CHANGED = 100
"""Files that each workspace changes; half of them are files that others change too, in other places."""
MARK = 1.3


def measure(folder: Path) -> Iterator[Figure]:
    """The first pass, and the pass after one tip moved; as whole commands and without Python's own start."""
    project = _prepare(folder)
    names = [f"m{number}" for number in range(WORKSPACES)]
    tips = [f"atlas/{name}" for name in names] + ["atlas/integration"]
    all_pairs = list(itertools.combinations(tips, 2))
    moved_pairs = [pair for pair in all_pairs if tips[0] in pair]
    cache = project / ".git/atlas/cache/conflicts.json"
    passes: list[tuple[str, list[tuple[str, str]], Callable[[], None]]] = [
        ("first pass", all_pairs, lambda: cache.unlink(missing_ok=True)),
        ("one tip moved", moved_pairs, lambda: _move(project / ".claude/worktrees/m0")),
    ]
    for title, pairs, prepare in passes:
        own, whole, hand, looked = [], [], [], []
        for _ in range(ROUNDS):
            prepare()
            own.append(_service(project))
            prepare()
            whole.append(_timed(project, [sys.executable, _script(), "--json"]))
            hand.append(_timed(project, ["sh", "-c", _by_hand(pairs)]))
            looked.append(_timed(project, ["sh", "-c", f"{_look(names)}\n{_by_hand(pairs)}"]))
        yield Figure(f"conflicts, {title} / by hand", median(own) / median(hand), MARK)
        yield Figure("  / by hand with `git status` in each workspace", median(own) / median(looked))
        yield Figure(f"conflicts, {title}, whole command / by hand", median(whole) / median(hand))


def _script() -> str:
    return str(Path(__file__).resolve().parent.parent / "scripts" / "atlas_conflicts.py")


def _by_hand(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"git merge-tree --write-tree {one} {two}" for one, two in pairs)


def _look(names: list[str]) -> str:
    """Uncommitted work counts for ATLAS, which a merge of branches alone does not look for."""
    return "\n".join(f"git -C .claude/worktrees/{name} status --porcelain" for name in names)


def _timed(project: Path, command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=project, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began


def _service(project: Path) -> float:
    from atlas.app import context_at
    from atlas.services.integration import conflicts

    context = context_at(str(project))
    began = time.perf_counter()
    conflicts.check_conflicts(context)
    return time.perf_counter() - began


def _prepare(folder: Path) -> Path:
    from atlas.app import context_at

    project = make_project(folder / "conflicts", WORKSPACES)
    for number in range(FILES):
        file = project / f"src/p{number % 50}/f{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"line {line} of {number}\n" for line in range(60)))
    _commit(project, "Start")
    context = context_at(str(project))
    for number in range(WORKSPACES):
        assigning.dispatch_module(context, f"m{number}", "implementer-1")
        _work(project / f".claude/worktrees/m{number}", number)
    return project


def _work(workspace: Path, number: int) -> None:
    for step in range(CHANGED):
        target = step if step < CHANGED // 2 else 100 + number * CHANGED + step
        file = workspace / f"src/p{target % 50}/f{target}.py"
        lines = file.read_text().splitlines()
        lines[5 * number + 2] = f"changed by {number}"
        file.write_text("\n".join(lines) + "\n")
    _commit(workspace, f"Work {number}")


def _move(workspace: Path) -> None:
    (workspace / "notes.txt").write_text(f"{time.time_ns()}\n")
    _commit(workspace, "More")


def _commit(folder: Path, title: str) -> None:
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", f"--message={title}"], cwd=folder, check=True)
