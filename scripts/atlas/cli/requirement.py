"""Add, modify or remove a module of the plan, while it is being planned.

Exit codes: 0 done; 1 not in the plan phase, no such module, or an invalid change.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.plan import module_edits

from .module_options import add_change_options, add_module_options, edit_from_options
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.plan import RequirementResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|modify|remove")
    add_module_options(actions.add_parser("add", help="add a module", allow_abbrev=False))
    for action in ("modify", "remove"):
        sub = actions.add_parser(action, help=f"{action} a module", allow_abbrev=False)
        sub.add_argument("module_id", metavar="ID")
        if action == "modify":
            add_change_options(sub)


def run(args: argparse.Namespace) -> Outcome[RequirementResult]:
    """Do it."""
    context = open_context()
    if args.action == "add":
        result = module_edits.add_module(context, args.name, args.priority, edit_from_options(args))
    elif args.action == "modify":
        result = module_edits.modify_module(context, args.module_id, edit_from_options(args))
    else:
        result = module_edits.remove_module(context, args.module_id)
    return Outcome(result, text.render_module_change(result))
