"""Remove a workspace: its folder, its link, and its branch.

Refused while something would be lost with it: uncommitted work, or commits that are on neither the integration branch
nor a remote. What git ignores is not looked at.
Exit codes: 0 removed, now or before; 1 it would lose something, which is named, or it cannot be removed; 2 it is
removed, but what is left of it could not be deleted.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.workspaces import removal

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.workspaces import RemoveWorkspaceResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--force", action="store_true", help="save in a bundle what would be lost, then remove it")


def run(args: argparse.Namespace) -> Outcome[RemoveWorkspaceResult]:
    """Do it."""
    result = removal.remove_workspace(open_context(), args.name, args.force)
    return Outcome(result, text.render_removal(result))
