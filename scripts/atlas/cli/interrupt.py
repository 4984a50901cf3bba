"""Stop an AI agent before its next tool call with a word of the lead.

Without a workspace the agent gets it as an urgent message.
Exit codes: 0 on its way, and the status shows when it has arrived; 1 the agent is not found or not of type ai, or
there is no text.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import discoveries as text
from atlas.services.messages import interrupts

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.discoveries import InterruptResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id")
    parser.add_argument("text", nargs="+", metavar="TEXT", help="what to tell the agent")
    parser.add_argument("--stop", action="store_true", help="its turn ends there")
    parser.add_argument("--request-id", default=None, metavar="ID", help="the same id never makes a second interrupt")


def run(args: argparse.Namespace) -> Outcome[InterruptResult]:
    """Do it."""
    words = " ".join(args.text)
    result = interrupts.interrupt_agent(open_context(), args.agent_id, words, args.stop, args.request_id)
    return Outcome(result, text.render_discovery(result))
