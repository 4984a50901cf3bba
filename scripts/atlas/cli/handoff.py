"""Make the document that hands a module over to an agent, keep it, and send it. It assigns nothing.

Exit codes: 0 made; 1 module or agent not found; 2 sent, but its file could not be written.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import handoff as text
from atlas.services.assignments import handoff

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.assignments import HandoffResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("agent_id", metavar="agent-id", help="whom it is for")
    parser.add_argument("--preview", action="store_true", help="only show it: nothing is kept or sent")


def run(args: argparse.Namespace) -> Outcome[HandoffResult]:
    """Do it."""
    result = handoff.hand_off(open_context(), args.module_id, args.agent_id, args.preview)
    return Outcome(result, text.render_handoff(result))
