"""Change the instructions of an agent at work, step by step: notify and pause, receipt, feasibility, concerns, resume.

Until it is resumed the agent may not edit; a minor change needs only the receipt. The agent answers by itself with
`atlas acknowledge`; the record-… actions are for agents elsewhere. UPDATE may be left out while one is open.
Exit codes: 0 done, or done before; 1 no such module or update, or another step comes first, which is named.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from atlas.app import open_context
from atlas.core.records.assignment import UPDATES
from atlas.render import updates as text
from atlas.services.understanding import update_answers, update_decisions, update_sending, updates

from .options import parse_count
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.updates import UpdateResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions: Any = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    send = actions.add_parser("send", allow_abbrev=False, help="tell the agent of a change")
    send.add_argument("module_id", metavar="module-id")
    send.add_argument("--type", choices=UPDATES, required=True)
    send.add_argument("--text", required=True, metavar="TEXT", help="what changes, and why")
    send.add_argument("--minor", action="store_true", help="the agent need not pause: its receipt is enough")
    _add_update_parser(actions, "record-receipt", "the agent has it")
    feasibility = _add_update_parser(actions, "record-feasibility", "what the agent answered")
    add_answer_options(feasibility)
    concerns = _add_update_parser(actions, "resolve-concerns", "answer what speaks against it")
    concerns.add_argument("--resolution", required=True, metavar="TEXT", help="your answer")
    concerns.add_argument(
        "--concern", type=parse_count, default=None, metavar="NUMBER", help="only to this one, from 1"
    )
    _add_update_parser(actions, "authorize-resume", "let the agent go on")
    shown = actions.add_parser("history", allow_abbrev=False, help="show every update of a module")
    shown.add_argument("module_id", metavar="module-id")
    actions.add_parser("pending", allow_abbrev=False, help="show every open update")


def _add_update_parser(actions: Any, name: str, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, allow_abbrev=False, help=what)
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("update_id", nargs="?", default=None, metavar="UPDATE", help="such as u1")
    return parser


def add_answer_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say what an agent makes of an update."""
    parser.add_argument(
        "--feasibility", action="append", default=[], metavar="TEXT", help="the answer to the next question; repeat"
    )
    parser.add_argument("--concern", action="append", default=[], metavar="TEXT", help="what speaks against it; repeat")


def run(args: argparse.Namespace) -> Outcome[UpdateResult]:
    """Do it."""
    context = open_context()
    if args.action == "pending":
        pending = updates.pending_updates(context)
        return Outcome(pending, text.render_updates(pending))
    if args.action == "history":
        known = updates.update_history(context, args.module_id)
        return Outcome(known, text.render_updates(known))
    if args.action == "send":
        result = update_sending.send_update(context, args.module_id, args.type, args.text, args.minor)
    elif args.action == "record-receipt":
        result = update_answers.record_receipt(context, args.module_id, args.update_id)
    elif args.action == "record-feasibility":
        given = (args.feasibility, args.concern)
        result = update_answers.record_feasibility(context, args.module_id, args.update_id, *given)
    elif args.action == "resolve-concerns":
        result = update_decisions.resolve_update(context, args.module_id, args.update_id, args.resolution, args.concern)
    else:
        result = update_decisions.authorize_update(context, args.module_id, args.update_id)
    return Outcome(result, text.render_update(result))
