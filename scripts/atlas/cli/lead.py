"""Lead the orchestration from this session, and say who led before. A plain terminal only shows who leads.

Exit codes: 0 done; 1 there is nothing to lead.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.orchestration import leading

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.orchestration import LeadResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--show", action="store_true", help="only show who leads")


def run(args: argparse.Namespace) -> Outcome[LeadResult]:
    """Do it."""
    result = leading.take_lead(open_context(), args.show)
    return Outcome(result, text.render_lead(result))
