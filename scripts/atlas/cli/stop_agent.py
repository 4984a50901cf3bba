"""End the session that was launched for an agent, and only that one.

Exit codes: 0 ended, or there was none; 1 no such agent; 2 ended, but that could not be recorded.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import sessions as text
from atlas.services.sessions import stopping

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.sessions import StopAgentResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id")
    parser.add_argument("--module", default=None, metavar="ID", help="only the session of this module's workspace")


def run(args: argparse.Namespace) -> Outcome[StopAgentResult]:
    """Do it."""
    result = stopping.stop_session(open_context(), args.agent_id, args.module)
    return Outcome(result, text.render_stop(result))
