"""Give a module to a registered agent.

Exit codes: 0 assigned, or assigned to the same agent before; 1 module or agent not found, the module is not pending,
or a module that it depends on is not complete; 2 its workspace could not be made, so it waits for an agent again.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.orchestration import assigning

from .outcome import Outcome
from .workspace_options import add_workspace_options

if TYPE_CHECKING:
    from atlas.core.results.assignments import AssignResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("agent_id", metavar="agent-id")
    parser.add_argument("--force", action="store_true", help="although a module it depends on is not complete")
    add_workspace_options(parser)


def run(args: argparse.Namespace) -> Outcome[AssignResult]:
    """Do it."""
    result = assigning.dispatch_module(
        open_context(), args.module_id, args.agent_id, args.force, args.workspace, args.skeleton
    )
    return Outcome(result, text.render_assignment(result))
