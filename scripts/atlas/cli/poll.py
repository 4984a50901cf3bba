"""Ask an AI agent how it stands now, note what it answered, or show what was asked.

Exit codes: 0 done; 1 no such agent, it has no module, nothing was asked, or the transport failed.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import polling as text
from atlas.services.sessions import poll_answers, polling

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.polling import PollResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id")
    parser.add_argument("--module", default=None, metavar="ID", help="only about this module")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--record-response", default=None, metavar="TEXT", help="what it answered to the last poll")
    what.add_argument("--history", action="store_true", help="only show its polls and their answers")


def run(args: argparse.Namespace) -> Outcome[PollResult]:
    """Do it."""
    context = open_context()
    if args.history:
        known = poll_answers.poll_history(context, args.agent_id, args.module)
        return Outcome(known, text.render_poll_history(known))
    if args.record_response is not None:
        answered = poll_answers.record_response(context, args.agent_id, args.module, args.record_response)
        return Outcome(answered, text.render_response(answered))
    result = polling.poll_agent(context, args.agent_id, args.module)
    return Outcome(result, text.render_polling(result), 1 if polling.has_failed(result) else 0)
