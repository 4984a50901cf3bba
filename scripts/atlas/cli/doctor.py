"""Check everything: the environment, the history, tables and records, the plan, leftovers, modes.

With --repair what can be mended is mended, under the lock. Nothing of value is deleted: what is replaced is kept aside.
With --live the hooks are tried, as the client runs them: what they must refuse in a scratch project with made-up roles,
and that they let a session without a role be here. Nothing is left of that.
Exit codes: 0 nothing is wrong, or nothing any more (warnings may be left); 1 problems are left, and are named.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from atlas.app import context_for_repair
from atlas.render import audit as text
from atlas.services.doctor import doctor

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.doctor import DoctorResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--repair", action="store_true", help="mend what can be mended")
    parser.add_argument("--live", action="store_true", help="also try whether the hooks hold, by canaries")


def run(args: argparse.Namespace) -> Outcome[DoctorResult]:
    """Do it."""
    session = os.environ.get("CLAUDE_CODE_SESSION_ID")
    result = doctor.run_doctor(os.getcwd(), session, context_for_repair, args.repair, args.live)
    return Outcome(result, text.render_findings(result), 1 if result["problems"] else 0)
