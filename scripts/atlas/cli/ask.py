"""Ask what is unclear about a module, as the agent that has it; the answer comes to your mailbox.

Exit codes: 0 recorded, now or before; 1 no text, too many questions, or the module is another agent's
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import instructions as text
from atlas.services.understanding import questions

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.understanding import AskResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("text", metavar="TEXT", help="the question, as one argument")


def run(args: argparse.Namespace) -> Outcome[AskResult]:
    """Do it."""
    result = questions.ask_question(open_context(), args.module_id, args.text)
    return Outcome(result, text.render_question(result))
