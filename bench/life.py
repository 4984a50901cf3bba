"""The life of an orchestration: the bytes of history and the time that a change takes, early and late.

Each module is assigned, its agent reads of it, reports on it, and it is completed, by the services that the commands
use. The picture `docs/life.svg` is drawn anew by each run; `ATLAS_BENCH_LIFE` makes it fewer modules. Time is that of
the processor, git and the checks included, so that what else a machine does counts for little, and with the start of
Python and its libraries, which each command pays for.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from .marks import Figure
from .project import LEAD, make_project

MODULES = 1_000
PARTS = 10
MARKS = {"bytes": 1.2, "time": 1.25}
PICTURE = Path(__file__).resolve().parent.parent / "docs" / "life.svg"
_WORDS = "What was done since the last report, what was found on the way, and what comes next. " * 12
_WIDTH, _HEIGHT, _LEFT, _BELOW = 640, 120, 60, 30


class Change(NamedTuple):
    """One call of a service: the bytes that it added to the history, and its seconds."""

    bytes: int
    seconds: float


def measure(folder: Path) -> Iterator[Figure]:
    """The last tenth of a life against its first."""
    count = int(os.environ.get("ATLAS_BENCH_LIFE", MODULES))
    changes = list(_live(make_project(folder / "life", count), count))
    size = len(changes) // PARTS
    parts = [changes[start : start + size] for start in range(0, size * PARTS, size)]
    weights = [fmean(change.bytes for change in part) for part in parts]
    start = _seconds_of_start()
    times = [start + fmean(change.seconds for change in part) for part in parts]
    PICTURE.write_text(_picture(count, weights, [one * 1000 for one in times]), encoding="utf-8")
    yield Figure(f"{count} modules, last tenth / first: bytes", weights[-1] / weights[0], MARKS["bytes"])
    yield Figure(f"{count} modules, last tenth / first: time", times[-1] / times[0], MARKS["time"])


def _live(repository: Path, count: int) -> Iterator[Change]:
    from atlas.app import context_at
    from atlas.core.records.assignment import REPORTS
    from atlas.services.assignments import reports
    from atlas.services.messages import inbox
    from atlas.services.orchestration import assigning
    from atlas.services.project import settings
    from atlas.services.proof import evidence

    _commit(repository)
    lead, person = context_at(str(repository), LEAD), context_at(str(repository))
    settings.change_setting(person, "gate.understanding", ["off"])

    def timed(change: Callable[..., object], *arguments: object) -> Change:
        before, began = lead.store.position(), _processor_seconds()
        change(*arguments)
        return Change(lead.store.position() - before, _processor_seconds() - began)

    for number in range(count):
        module, agent = f"m{number}", f"implementer-{number % 2 + 1}"
        yield timed(assigning.dispatch_module, lead, module, agent, False, False)
        yield timed(inbox.read_inbox, person, agent)
        for kind in REPORTS:
            yield timed(reports.report_module, person, module, kind, _WORDS)
        yield timed(evidence.complete_module, lead, module)


def _seconds_of_start() -> float:
    """What it takes to start Python with the libraries of a command."""
    taken = []
    for _ in range(5):
        began = _processor_seconds()
        subprocess.run([sys.executable, "-c", "import argparse, json, yaml, jsonschema, filelock"], check=True)
        taken.append(_processor_seconds() - began)
    return median(taken)


def _processor_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _commit(repository: Path) -> None:
    """What the checks run, so that a module can be completed."""
    (repository / "Makefile").write_text("test:\n\t@seq 400\n", encoding="utf-8")
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for words in (("add", "Makefile"), (*who, "commit", "--quiet", "--message", "Begin")):
        subprocess.run(["git", *words], cwd=repository, check=True)


def _picture(count: int, weights: list[float], times: list[float]) -> str:
    """Two rows of bars, one for each tenth of the life."""
    panels = [
        (f"bytes of history a change, {count} modules", weights),
        (f"milliseconds a command, {count} modules", times),
    ]
    parts = [part for number, panel in enumerate(panels) for part in _panel(*panel, number * (_HEIGHT + 2 * _BELOW))]
    high = len(panels) * (_HEIGHT + 2 * _BELOW)
    box = f'viewBox="0 0 {_WIDTH} {high}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect width="{_WIDTH}" height="{high}" fill="white"/>', *parts, "</svg>\n"])


def _panel(title: str, values: list[float], top: int) -> Iterator[str]:
    step, most, floor = (_WIDTH - _LEFT) / len(values), max(values), top + _HEIGHT + _BELOW
    yield f'<text x="{_LEFT}" y="{top + 18}">{title}, by tenths of their life</text>'
    for number, value in enumerate(values):
        high, left = value / most * (_HEIGHT - 20), _LEFT + number * step
        yield f'<rect x="{left:.0f}" y="{floor - high:.0f}" width="{step - 8:.0f}" height="{high:.0f}" fill="#4a78b5"/>'
        yield f'<text x="{left:.0f}" y="{floor - high - 4:.0f}">{value:.4g}</text>'
        yield f'<text x="{left:.0f}" y="{floor + 15}">{number + 1}</text>'
