"""Check the plan and close the plan phase.

Before that, each check of the plan runs once on the commit that the work will begin from, in a fresh clone: one that
passes already proves nothing, and one that could not run is named. The approval does not depend on it.
Exit codes: 0 approved (with --dry-run: it could be); 1 something is missing, and is named.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.plan import approval
from atlas.services.proof import base_checks

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.plan import ApproveResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--dry-run", action="store_true", help="only check the plan, and run nothing")
    parser.add_argument("--no-checks", action="store_true", help="do not try its checks")


def run(args: argparse.Namespace) -> Outcome[ApproveResult]:
    """Do it."""
    context = open_context()
    result = approval.approve_plan(context, dry_run=True)
    if not args.dry_run:
        base = None if args.no_checks else base_checks.try_checks(context)
        result = {**approval.approve_plan(context), "base": base}
    return Outcome(result, text.render_approval(result))
