"""Answer a question that an agent asked about its module.

Exit codes: 0 answered, now or before; 1 no such question, it has another answer, or several are open
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import instructions as text
from atlas.services.understanding import questions

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.understanding import AnswerResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("question", nargs="?", metavar="QUESTION", help="its id; needed when several are open")
    parser.add_argument("text", metavar="TEXT", help="the answer, as one argument")


def run(args: argparse.Namespace) -> Outcome[AnswerResult]:
    """Do it."""
    result = questions.answer_question(open_context(), args.module_id, args.question, args.text)
    return Outcome(result, text.render_answer(result))
