"""`assign` with a workspace among 5,000 files, against `git worktree add` and an import of the libraries."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from .marks import Figure
from .project import make_project

FILES, ROUNDS = 5_000, 9
MARK = 1.5
SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "atlas_assign_module.py"
IMPORTS = "import argparse, json, yaml, jsonschema, filelock"


def measure(folder: Path) -> Iterator[Figure]:
    """Pairs of one assignment and one worktree by hand, each of a new name."""
    project = _prepare(folder)
    own, hand = [], []
    for number in range(ROUNDS):
        own.append(_seconds(project, [sys.executable, str(SCRIPT), f"m{number}", "implementer-1"]))
        by_hand = f"git worktree add --quiet -b hand-{number} '{folder}/hand-{number}' && exec \"$0\" -c '{IMPORTS}'"
        hand.append(_seconds(project, ["sh", "-c", by_hand, sys.executable]))
    yield Figure(f"assign with a workspace, {FILES} files / by hand", median(own) / median(hand), MARK)


def _prepare(folder: Path) -> Path:
    project = make_project(folder / "one", ROUNDS)
    for number in range(FILES):
        place = project / f"src/{number % 100}/file-{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{number}\n" * 40, encoding="utf-8")
    subprocess.run(["git", "add", "src"], cwd=project, check=True)
    subprocess.run(["git", "commit", "--quiet", "--message=files"], cwd=project, check=True)
    return project


def _seconds(project: Path, command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=project, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
