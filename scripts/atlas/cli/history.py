"""Show who did what when, and compare the tables with a replay of every change.

Exit codes: 0 shown, and the tables equal the replay; 1 they differ, or a line of the history is damaged.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.core.rules.verb_permissions import DECIDING, LEADING, WORKING
from atlas.render import audit as text
from atlas.services.project import history_report

from .options import parse_count
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.project import HistoryResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = sorted(LEADING | WORKING | DECIDING | {"inbox"})
    parser.add_argument(
        "--limit", type=parse_count, default=20, metavar="NUMBER", help="show so many changes, the last (20)"
    )
    parser.add_argument("--verb", choices=verbs, default=None, metavar="VERB", help="only changes by this verb")
    parser.add_argument("--about", default=None, metavar="ID", help="only changes of this module, agent, message, …")


def run(args: argparse.Namespace) -> Outcome[HistoryResult]:
    """Do it."""
    result = history_report.report_history(open_context(), args.limit, args.verb, args.about)
    sound = result["equal"] and not result["faults"]
    return Outcome(result, text.render_history(result), 0 if sound else 1)
