"""Ask every AI agent that is due how it stands.

Due is whoever was not heard of for a while (settings poll.minutes and poll.blocked-minutes). Work that shows by itself,
and reports, count as heard of. Who does not answer is reminded, then given up on: the lead is told.
Exit codes: 0 all sent, or nobody to ask; 1 the transport failed.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import polling as text
from atlas.services.sessions import polling

from .options import add_unattended
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.polling import CheckAgentsResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--all", action="store_true", dest="everybody", help="ask everybody, due or not")
    add_unattended(parser)


def run(args: argparse.Namespace) -> Outcome[CheckAgentsResult]:
    """Do it."""
    result = polling.check_agents(open_context(args.unattended), args.everybody)
    return Outcome(result, text.render_polling(result), 1 if polling.has_failed(result) else 0)
