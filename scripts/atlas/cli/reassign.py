"""Take a module from its agent and give it to another.

Work that has begun is only taken with --force: its agent is told to stop, and when it has that, or the time is up, all
that it did is committed, so that the other goes on there, with a handoff. For the agent that was told to stop, it takes
that back.
Exit codes: 0 reassigned; 1 it cannot be: nobody has it, work has begun (unless --force), no such agent; 2 it was begun
and did not come to its end, and the line says what stands.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.orchestration import reassigning

from .options import parse_seconds
from .outcome import Outcome
from .workspace_options import add_workspace_options

if TYPE_CHECKING:
    from atlas.core.results.assignments import ReassignResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("--to", required=True, metavar="AGENT", help="who gets it")
    parser.add_argument("--force", action="store_true", help="although work has begun")
    parser.add_argument(
        "--wait",
        type=parse_seconds,
        default=None,
        metavar="SECONDS",
        help="for the old agent to get the stop (setting)",
    )
    add_workspace_options(parser)


def run(args: argparse.Namespace) -> Outcome[ReassignResult]:
    """Do it."""
    given = (args.module_id, args.to, args.force, args.workspace, args.skeleton, args.wait)
    result = reassigning.redispatch_module(open_context(), *given)
    return Outcome(result, text.render_reassignment(result))
