"""Register an AI session or a person.

Where AI Maestro is set up, it must know an AI session by exactly that name.
Exit codes: 0 registered, or registered before; 1 invalid type or identifier, no such session, or the id is taken.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.assignments import agents

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.assignments import RegisterResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("type", help="ai or human")
    parser.add_argument("identifier", help="the session's name, or the GitHub user name")
    parser.add_argument("--id", default=None, metavar="ID", help="the agent's id; made up when left out")
    parser.add_argument("--built-in", action="store_true", help="reach it without AI Maestro")


def run(args: argparse.Namespace) -> Outcome[RegisterResult]:
    """Do it."""
    result = agents.register_agent(open_context(), args.type, args.identifier, args.id, args.built_in)
    return Outcome(result, text.render_agent(result))
