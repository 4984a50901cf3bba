"""Whether the orchestration is over.

Exit codes: 0 it is, or none was begun; 1 error; 2 it is not.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.orchestration import workflow

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.orchestration import CheckResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome[CheckResult]:
    """Do it."""
    result = workflow.check_workflow(open_context())
    return Outcome(result, text.render_check(result), 0 if result["complete"] else 2)
