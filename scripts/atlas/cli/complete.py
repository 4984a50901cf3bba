"""Run a module's checks, and complete it when all of them pass.

The checks run in the project, which must have no uncommitted changes; commit, exit codes and the end of the output are
recorded.
Exit codes: 0 complete; 1 it could not be checked; 2 a check failed, which is recorded and told to the agent.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.proof import evidence

from .options import parse_seconds
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.proof import CompleteResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("--reason", default=None, metavar="TEXT", help="needed for a module without checks")
    parser.add_argument("--timeout", type=parse_seconds, default=600, metavar="SECONDS", help="for each check (600)")


def run(args: argparse.Namespace) -> Outcome[CompleteResult]:
    """Do it."""
    result = evidence.complete_module(open_context(), args.module_id, args.reason, args.timeout)
    return Outcome(result, text.render_completion(result), 0 if result["complete"] else 2)
