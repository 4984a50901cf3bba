"""Take in mail from AI Maestro as it arrives, and send what waits (started by whatever waits for the lead).

Exit codes: 0 the time is over, or there is no AI Maestro to listen to; 1 there is no orchestration.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import messages as text
from atlas.services.messages import listener

from .options import add_unattended, parse_seconds
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.messages import ListenResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--wait", type=parse_seconds, default=0, metavar="SECONDS", help="for how long")
    add_unattended(parser)


def run(args: argparse.Namespace) -> Outcome[ListenResult]:
    """Do it."""
    result = listener.listen_for_mail(open_context(args.unattended), args.wait)
    return Outcome(result, text.render_exchange(result))
