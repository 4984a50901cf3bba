"""Show the plan, its modules, and what its approval lacks.

Exit codes: 0 shown; 1 not in the plan phase, or the plan file is damaged.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import text
from atlas.services.plan import plan

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.plan import PlanStatusResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome[PlanStatusResult]:
    """Do it."""
    result = plan.plan_status(open_context())
    return Outcome(result, text.render_plan_status(result))
