"""Lift the gates of this project: hooks refuse nothing until they are put back, or their time is up.

Only the person may: by typing the slash command, or in a plain terminal, one that no client of this project has
opened. Interrupts still reach workers.
Exit codes: 0 lifted, or put back; 1 no reason given, nothing to lift the gates of, or a session asks for it.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import sessions as text
from atlas.services.project import pause

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.project import PauseResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("reason", nargs="*", metavar="REASON", help="why, for the record")
    parser.add_argument("--for", type=int, default=None, dest="minutes", metavar="MINUTES", help="then they return")
    parser.add_argument("--off", action="store_true", help="put them back now")


def run(args: argparse.Namespace) -> Outcome[PauseResult]:
    """Do it."""
    change = pause.end_pause if args.off else pause.begin_pause
    result = change(open_context(), " ".join(args.reason), args.minutes)
    return Outcome(result, text.render_pause(result))
