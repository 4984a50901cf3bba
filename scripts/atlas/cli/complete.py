"""Run a module's checks, and complete it when all of them pass.

The checks run where the module was worked on, which must have no uncommitted changes; commit, exit codes and the end
of the output are recorded. The work of an AI agent is completed when it was reported done, its agent may edit, no
change of its instructions and no handover is open, and its workspace has a commit of its own.
Exit codes: 0 complete; 1 it cannot be completed yet, and nothing was changed; 2 a check failed, or the merge did, which
is recorded, and told to the agent where it can mend that.
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
    parser.add_argument("--no-commit", default=None, metavar="TEXT", help="why no commit is needed")
    parser.add_argument(
        "--override",
        default=None,
        metavar="TEXT",
        help="complete it although a condition is not met (never a check): a person only; it is shown for ever",
    )
    parser.add_argument(
        "--timeout", type=parse_seconds, default=None, metavar="SECONDS", help="for each check, this time"
    )


def run(args: argparse.Namespace) -> Outcome[CompleteResult]:
    """Do it."""
    result = evidence.complete_module(
        open_context(), args.module_id, args.reason, args.timeout, no_commit=args.no_commit, override=args.override
    )
    return Outcome(result, text.render_completion(result), 0 if result["complete"] else 2)
