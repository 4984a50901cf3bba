"""Read a mailbox: the unread messages, which are then seen.

A client session without a role that reads an AI agent's mailbox becomes that agent's session.
Exit codes: 0 read, also when there is nothing; 1 no such agent, or it is another worker's.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import messages as text
from atlas.services.messages import inbox

from .options import parse_seconds
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.messages import InboxResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id", help="an agent, or 'lead'")
    parser.add_argument(
        "--wait", type=parse_seconds, default=0, metavar="SECONDS", help="wait so long for a first message"
    )
    parser.add_argument("--peek", action="store_true", help="leave them unread, and the session without a role")


def run(args: argparse.Namespace) -> Outcome[InboxResult]:
    """Do it."""
    result = inbox.read_inbox(open_context(), args.agent_id, args.wait, args.peek)
    return Outcome(result, text.render_inbox(result))
