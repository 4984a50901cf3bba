"""Take a module from its agent and give it to another.

Exit codes: 0 reassigned; 1 it cannot be: nobody has it, work has begun (unless --force), no such agent.
"""

from __future__ import annotations

import argparse

from atlas.render import text
from atlas.services import dispatch

from .outcome import Outcome, open_context
from .workspace_options import workspace_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("--to", required=True, metavar="AGENT", help="who gets it")
    parser.add_argument("--force", action="store_true", help="although work has begun")
    workspace_options(parser)


def run(args: argparse.Namespace) -> Outcome:
    """Do it."""
    result = dispatch.reassign(open_context(), args.module_id, args.to, args.force, args.workspace, args.skeleton)
    return Outcome(result, text.reassigned(result))
