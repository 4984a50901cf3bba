"""A change costs what it changes: the history grows with what is said, not with what was said before."""

from __future__ import annotations

from pathlib import Path

from atlas.services.assignments import agents, reports
from tests.kit.orchestrations import assign, context, project_of, start

REPORTS, LENGTH = 60, 19_000
MOST = 3_000_000


def test_sixty_long_reports_grow_the_history_by_what_they_say(repo: Path) -> None:
    """They made 35 MB while each change held all reports before it."""
    start(repo, ["m0"])
    here = context(repo)
    agents.register_agent(here, "ai", "one", "one")
    assign(here, "m0", "one")
    history = Path(project_of(repo).history)
    before = history.stat().st_size
    grown: list[int] = []
    for number in range(REPORTS):
        reports.report_module(here, "m0", "progress", f"{number:04}" + "x" * (LENGTH - 4))
        grown.append(history.stat().st_size - before - sum(grown))
    assert REPORTS * LENGTH < sum(grown) <= MOST
    assert grown[-1] - grown[0] < 1000, "the last costs no more than the first"
