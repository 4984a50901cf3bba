"""Send a message to an AI agent.

Exit codes: 0 sent; 1 the agent is not found or not of type ai, or it could not be sent: then it waits in the outbox.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.core.records.message import DELIVERED, MESSAGE_PRIORITIES, MESSAGE_TYPES, NOTIFICATION
from atlas.render import messages as text
from atlas.services.messages import notices

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.messages import NotifyResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id")
    parser.add_argument("--subject", required=True, metavar="TEXT")
    parser.add_argument("--message", required=True, metavar="TEXT")
    parser.add_argument("--priority", choices=MESSAGE_PRIORITIES, default="normal")
    parser.add_argument("--type", choices=MESSAGE_TYPES, default=NOTIFICATION)
    parser.add_argument("--request-id", default=None, metavar="ID", help="the same id never sends a second message")


def run(args: argparse.Namespace) -> Outcome[NotifyResult]:
    """Do it."""
    result = notices.notify_agent(
        open_context(), args.agent_id, args.subject, args.message, args.priority, args.type, args.request_id
    )
    return Outcome(result, text.render_message(result), 0 if result["message"]["status"] in DELIVERED else 1)
