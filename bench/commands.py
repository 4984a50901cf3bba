"""Whole commands at 1 to 10,000 modules, against starting Python with the same libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pyperf

from . import assign_workspace
from .marks import Figure
from .project import make_project

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1, 100, 1_000, 10_000)
ASSIGN_MARKS = {1_000: 1.5, 10_000: 4.0}
STATUS_MARKS = {1_000: 0.8}
_KEPT = "PATH,HOME,XDG_DATA_HOME,CLAUDE_PLUGIN_DATA,LANG,ATLAS_BENCH_MODULES"


def measure(folder: Path) -> Iterator[Figure]:
    """`assign` (a different module each time, so that each commits) and `status --json`."""
    for size in SIZES:
        project = make_project(folder / str(size), size)
        os.environ["ATLAS_BENCH_MODULES"] = str(size)
        before = _seconds(project, "-c", "import argparse, json, yaml, jsonschema, filelock")
        assign = _seconds(project, str(ROOT / "bench" / "assign_next.py"))
        status = _seconds(project, str(ROOT / "scripts" / "atlas_orchestration_status.py"), "--json")
        after = _seconds(project, "-c", "import argparse, json, yaml, jsonschema, filelock")
        base = median((before, after))
        yield Figure(f"assign, {size} modules / imports", assign / base, ASSIGN_MARKS.get(size))
        yield Figure(f"status --json, {size} modules / imports", status / base, STATUS_MARKS.get(size))
    yield from assign_workspace.measure(folder / "workspaces")


def _seconds(project: Path, *arguments: str) -> float:
    """The median wall time of a Python command in the project."""
    result = project.parent / "result.json"
    result.unlink(missing_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "pyperf", "command", "--quiet", "--processes=5", "--values=3", "--warmups=1"),
            *("--loops=1", f"--inherit-environ={_KEPT}", f"--output={result}", "--", sys.executable, *arguments),
        ],
        cwd=project,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return float(pyperf.Benchmark.load(str(result)).median())
