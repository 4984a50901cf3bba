"""Begin executing the approved plan. The session that this is called from becomes the lead.

Exit codes: 0 begun, or begun before; 1 the plan phase is not complete.
"""

from __future__ import annotations

import argparse

from atlas.render import text
from atlas.services import workflow

from .outcome import Outcome, open_context


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome:
    """Do it."""
    result = workflow.start(open_context())
    return Outcome(result, text.started(result))
