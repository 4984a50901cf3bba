"""Keep an agent's session going; started by `atlas launch --headless`, not by hand.

Exit codes: 0 its work is over, or it was stopped; 1 it keeps dying, or its launch was never recorded.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.services.sessions import supervisor

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.sessions import SuperviseResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("workspace")
    parser.add_argument("--client", required=True, metavar="PATH")
    parser.add_argument("--prompt", required=True, metavar="TEXT")


def run(args: argparse.Namespace) -> Outcome[SuperviseResult]:
    """Do it."""
    reason = supervisor.supervise_session(open_context(), args.workspace, args.client, args.prompt)
    return Outcome({"workspace": args.workspace, "reason": reason}, f"{args.workspace}: {reason}")
