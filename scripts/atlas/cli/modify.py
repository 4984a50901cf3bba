"""Add, modify, remove or prioritize a module of the running orchestration.

Exit codes: 0 done; 1 not in the orchestration phase, no such module, or an invalid change.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.core.records.plan import PRIORITIES
from atlas.render import text
from atlas.services.orchestration import modules

from .module_options import add_change_options, add_module_options, edit_from_options
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.orchestration import ModifyResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|modify|remove|prioritize")
    add_module_options(actions.add_parser("add", help="add a module", allow_abbrev=False))
    for action in ("modify", "remove", "prioritize"):
        sub = actions.add_parser(action, help=f"{action} a module", allow_abbrev=False)
        sub.add_argument("module_id", metavar="ID")
        if action == "modify":
            add_change_options(sub)
        if action == "prioritize":
            sub.add_argument("--priority", choices=PRIORITIES, required=True)


def run(args: argparse.Namespace) -> Outcome[ModifyResult]:
    """Do it."""
    context = open_context()
    if args.action == "add":
        result = modules.add_module(context, args.name, args.priority, edit_from_options(args))
    elif args.action == "prioritize":
        result = modules.modify_module(context, args.module_id, {"priority": args.priority})
    elif args.action == "modify":
        result = modules.modify_module(context, args.module_id, edit_from_options(args))
    else:
        result = modules.remove_module(context, args.module_id)
    return Outcome(result, text.render_module_change(result))
