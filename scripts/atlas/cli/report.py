"""Say how a module stands, as the agent that has it.

Exit codes: 0 recorded; 1 nobody has the module, or it is another agent's.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.core.records.assignment import REPORTS
from atlas.render import text
from atlas.services.assignments import reports

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.assignments import ReportResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("kind", choices=REPORTS)
    parser.add_argument("--text", default="", metavar="TEXT", help="in your own words; needed with blocked")


def run(args: argparse.Namespace) -> Outcome[ReportResult]:
    """Do it."""
    result = reports.report_module(open_context(), args.module_id, args.kind, args.text)
    return Outcome(result, text.render_report(result))
