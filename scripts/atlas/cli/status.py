"""Show how the orchestration stands.

Exit codes: 0 shown; 1 not in the orchestration phase.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.board import status, text

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.status import StatusResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome[StatusResult]:
    """Do it."""
    result = status.board_status(open_context())
    return Outcome(result, "" if "json" in args else text.board_text(result))
