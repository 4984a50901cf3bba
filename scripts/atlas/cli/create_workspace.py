"""Make workspaces that belong to nobody yet: assigning the module of that name to an AI agent takes one over.

Assigning makes a workspace by itself where there is none.
Exit codes: 0 all are ready; 1 a name cannot be used, and nothing was made; 2 not all could be made,
and what became of each is said.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.workspaces import workspaces

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.workspaces import WorkspaceResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("names", nargs="+", metavar="NAME")


def run(args: argparse.Namespace) -> Outcome[WorkspaceResult]:
    """Do it."""
    result = workspaces.create_workspaces(open_context(), args.names)
    return Outcome(result, text.render_workspaces(result), 2 if result["failed"] else 0)
