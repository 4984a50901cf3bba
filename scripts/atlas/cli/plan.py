"""Begin a plan for a goal.

Exit codes: 0 begun, or begun before with the same goal; 1 no goal, or another orchestration is unfinished.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.plan import beginning

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.plan import PlanResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("goal", metavar="GOAL", help="what is to be built, in one argument")
    parser.add_argument(
        "--abandon", action="store_true", help="give up the unfinished orchestration; its history stays"
    )


def run(args: argparse.Namespace) -> Outcome[PlanResult]:
    """Do it."""
    result = beginning.start_plan(open_context(), args.goal, args.abandon)
    return Outcome(result, text.render_plan(result))
