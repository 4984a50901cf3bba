"""Whether the plan phase is over.

Exit codes: 0 it is, or there is none; 1 error; 2 it is not.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.plan import approval

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.plan import CheckPlanResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome[CheckPlanResult]:
    """Do it."""
    result = approval.check_plan(open_context())
    return Outcome(result, text.render_plan_check(result), 0 if result["complete"] else 2)
