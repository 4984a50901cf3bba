"""Send a progress poll to every AI agent that has a module.

Exit codes: 0 all sent, or nobody to ask; 1 the transport failed.
"""

from __future__ import annotations

import argparse

from atlas.render import text
from atlas.services import polling

from .outcome import Outcome, open_context


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome:
    """Do it."""
    result = polling.check_agents(open_context())
    return Outcome(result, text.polled(result))
