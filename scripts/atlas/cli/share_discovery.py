"""Share something that others should know: a wrong assumption, a security hole, a missing piece.

It goes to whoever works on an affected module, or on one that builds on it, but never to the sender. `critical` stops
their next tool call, `important` is added to it, `info` is only recorded.
Exit codes: 0 recorded, also when it concerns nobody; 1 no such module or agent, or no text.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.core.errors import AtlasError
from atlas.core.records.discovery import SEVERITIES
from atlas.render import discoveries as text
from atlas.services.messages import discoveries

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.discoveries import DiscoverResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("text", nargs="?", metavar="TEXT", help="what was found, as one argument")
    parser.add_argument("--severity", choices=SEVERITIES, required=True)
    parser.add_argument("--affects", nargs="+", required=True, metavar="MODULE", help="the modules it is about")
    parser.add_argument("--impact", default="", metavar="TEXT", help="why it matters")
    parser.add_argument("--action", default="", metavar="TEXT", help="what it asks of the others")
    parser.add_argument(
        "--from", default=None, dest="sender", metavar="AGENT", help="whose it is, when the lead tells it"
    )
    parser.add_argument("--request-id", default=None, metavar="ID", help="the same id never makes a second discovery")


def run(args: argparse.Namespace) -> Outcome[DiscoverResult]:
    """Do it."""
    affects, found = args.affects, args.text
    if found is None:  # `--affects MODULE… TEXT`: an option takes all that follows it
        *affects, found = affects
    if not affects:
        raise AtlasError('name at least one module, then the text: --affects MODULE "TEXT"')
    words = {"text": found, "impact": args.impact, "action": args.action}
    result = discoveries.share_discovery(open_context(), args.severity, affects, words, args.sender, args.request_id)
    return Outcome(result, text.render_discovery(result))
