"""Check everything: the environment, the history, tables and records, the plan, leftovers, modes.

With --repair what can be mended is mended, under the lock. Nothing of value is deleted: what is replaced is kept aside.
Exit codes: 0 nothing is wrong, or nothing any more (warnings may be left); 1 problems are left, and are named.
"""

from __future__ import annotations

import argparse
import os

from atlas.render import audit as text
from atlas.render import exec_file
from atlas.services import doctor

from .outcome import Outcome


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--repair", action="store_true", help="mend what can be mended")


def run(args: argparse.Namespace) -> Outcome:
    """Do it."""
    session = os.environ.get("CLAUDE_CODE_SESSION_ID")
    result = doctor.doctor(os.getcwd(), session, exec_file.view, args.repair)
    return Outcome(result, text.findings(result), 1 if result["problems"] else 0)
