"""Begin executing the approved plan. The session that this is called from becomes the lead.

Exit codes: 0 begun, or begun before; 1 the plan phase is not complete.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.orchestration import starting

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.orchestration import StartResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--integration-branch",
        default=None,
        metavar="NAME",
        help="the branch where finished work comes together (atlas/integration), made from what is checked out",
    )


def run(args: argparse.Namespace) -> Outcome[StartResult]:
    """Do it."""
    result = starting.start_workflow(open_context(), args.integration_branch)
    return Outcome(result, text.render_start(result))
