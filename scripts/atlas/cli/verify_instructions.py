"""See that an agent has understood its task before it may work: per assignment; people are exempt.

The agent repeats the task (`atlas repeat`), which ATLAS compares with the module first; confirm or correct that with
record-repetition, answer its questions (`atlas answer`), then authorize. After three wrong attempts the module is back
in the pool. AGENT may be a module's id as well; --module says which, when an agent has several.
Exit codes: 0 done, now or before; 1 no such assignment, or it is not the time for that step
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import instructions as text
from atlas.services.understanding import authorisation, judgement, verification

from .options import parse_number
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.understanding import VerifyInstructionsResult

_ACTIONS = {
    "ask": "ask the agent to repeat its task",
    "record-repetition": "confirm or correct what the agent said; with neither, show it",
    "record-questions": "note how many questions were asked and answered, also elsewhere",
    "authorize": "let the agent begin",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(("status", *_ACTIONS)))
    show = actions.add_parser("status", help="show how far each agent is", allow_abbrev=False)
    show.add_argument("module_id", nargs="?", metavar="MODULE", help="only this module's")
    subs = {name: actions.add_parser(name, help=summary, allow_abbrev=False) for name, summary in _ACTIONS.items()}
    for sub in subs.values():
        sub.add_argument("agent", metavar="AGENT", help="an agent's id, or a module's")
        sub.add_argument("--module", default=None, metavar="ID", help="which, when the agent has several")
    verdict = subs["record-repetition"].add_mutually_exclusive_group()
    verdict.add_argument("--correct", action="store_true", help="it is right")
    verdict.add_argument("--wrong", default=None, metavar="TEXT", help="it is not: what is wrong")
    questions = subs["record-questions"]
    questions.add_argument("--count", type=parse_number, required=True, metavar="NUMBER", help="how many were asked")
    questions.add_argument(
        "--answered", type=parse_number, required=True, metavar="NUMBER", help="how many were answered"
    )


def run(args: argparse.Namespace) -> Outcome[VerifyInstructionsResult]:
    """Do it."""
    context = open_context()
    if args.action == "status":
        standing = verification.understanding_status(context, args.module_id)
        return Outcome(standing, text.render_understanding(standing))
    about = (context, args.agent, args.module)
    if args.action == "ask":
        result = judgement.request_repetition(*about)
    elif args.action == "record-questions":
        result = authorisation.count_questions(*about, args.count, args.answered)
    elif args.action == "authorize":
        result = authorisation.authorize_agent(*about)
    elif args.correct or args.wrong is not None:
        result = judgement.judge_repetition(*about, args.wrong)
    else:
        result = judgement.show_repetition(*about)
    return Outcome(result, text.render_verification(args.action, result))
