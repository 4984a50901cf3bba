"""Repeat a task in your own words, as the agent that has it: what you will meet, touch and leave alone.

ATLAS compares it with the module at once; then the lead confirms or corrects it. There are three attempts.
Exit codes: 0 recorded, now or before; 1 it is not yours to repeat now, or something is missing or malformed; 2 recorded
as a wrong attempt, since it does not agree with the module
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import instructions as text
from atlas.services.understanding import repetition

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.understanding import RepeatResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument(
        "--criteria", required=True, metavar="IDS", help="the criteria that you will meet: c1,c2,… in their order"
    )
    parser.add_argument(
        "--file", action="append", required=True, dest="files", metavar="PATH", help="a file that you expect to touch"
    )
    parser.add_argument("--out-of-scope", required=True, metavar="TEXT", help="what you leave alone")
    parser.add_argument("--evidence", required=True, metavar="TEXT", help="what will show that it is done")
    parser.add_argument("--text", required=True, metavar="TEXT", help="the task in your own words, in 3 to 5 points")


def run(args: argparse.Namespace) -> Outcome[RepeatResult]:
    """Do it."""
    said = {
        "criteria": [name.strip() for name in args.criteria.split(",") if name.strip()],
        "files": args.files,
        "out_of_scope": args.out_of_scope,
        "evidence": args.evidence,
        "text": args.text,
    }
    result = repetition.repeat_task(open_context(), args.module_id, said)
    return Outcome(result, text.render_repetition(result), 2 if result["waits_for"] == "repeat" else 0)
