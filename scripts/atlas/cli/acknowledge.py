"""Say that you received a change of your instructions, and what you make of it.

With --feasibility given once for each of the five questions, in their order, it says whether that can be done; a minor
change needs only the receipt. UPDATE may be left out while one is open.
Exit codes: 0 recorded, or recorded before; 1 no such update, it is another agent's, or an answer is missing.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import updates as text
from atlas.services.understanding import update_answers

from .outcome import Outcome
from .update import add_answer_options

if TYPE_CHECKING:
    from atlas.core.results.updates import AcknowledgeResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("update_id", nargs="?", default=None, metavar="UPDATE", help="such as u1")
    add_answer_options(parser)


def run(args: argparse.Namespace) -> Outcome[AcknowledgeResult]:
    """Do it."""
    result = update_answers.acknowledge_update(
        open_context(), args.module_id, args.update_id, args.feasibility, args.concern
    )
    return Outcome(result, text.render_update(result))
