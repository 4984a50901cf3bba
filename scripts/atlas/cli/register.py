"""Register an AI session or a person.

Exit codes: 0 registered, or registered before; 1 invalid type or identifier, or the id is taken.
"""

from __future__ import annotations

import argparse

from atlas.render import text
from atlas.services import agents

from .outcome import Outcome, open_context


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("type", help="ai or human")
    parser.add_argument("identifier", help="the session's name, or the GitHub user name")
    parser.add_argument("--id", default=None, metavar="ID", help="the agent's id; made up when left out")


def run(args: argparse.Namespace) -> Outcome:
    """Do it."""
    result = agents.register(open_context(), args.type, args.identifier, args.id)
    return Outcome(result, text.registered(result))
