"""Check the plan and close the plan phase.

Exit codes: 0 approved (with --dry-run: it could be); 1 something is missing, and is named.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.plan import approval

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.plan import ApproveResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--dry-run", action="store_true", help="only check")


def run(args: argparse.Namespace) -> Outcome[ApproveResult]:
    """Do it."""
    result = approval.approve_plan(open_context(), args.dry_run)
    return Outcome(result, text.render_approval(result))
