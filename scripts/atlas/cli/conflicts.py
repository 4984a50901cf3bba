"""Find what would conflict if the work of the live workspaces were merged now, uncommitted changes included.

Every two workspaces, and each with the integration branch, are merged in memory; nothing is checked out. The workers
concerned are told the first time a conflict appears, and when it is gone. Needs git 2.38.
Exit codes: 0 no conflicts; 1 error; 2 there are conflicts.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import conflicts as render
from atlas.services.integration import conflicts

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.workspaces import ConflictsResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""


def run(args: argparse.Namespace) -> Outcome[ConflictsResult]:
    """Do it."""
    result = conflicts.check_conflicts(open_context())
    return Outcome(result, render.render_conflicts(result), 2 if result["conflicts"] else 0)
