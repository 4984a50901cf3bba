"""Show what the project wants done its own way, with proposals from its own files; or change it.

Settings: workspace.setup (a command that makes a fresh checkout fit to work in), workspace.setup-seconds (its time
limit), workspace.link and workspace.copy (files of the main directory that every workspace gets), poll.minutes,
poll.blocked-minutes and poll.answer-minutes (when agents are asked how they stand, and how long that waits),
reassign.wait-seconds (for an agent to get the stop when its work is taken away), transport.url (AI Maestro's address),
checks.seconds, checks.output-mb and checks.disk-mb (what a check may take), checks.env (variables that checks get
although they look like credentials), checks.quarantine (entries 'OWNER YYYY-MM-DD COMMAND': checks that may be flaky
until then), review.rounds (how many reviews a module needs before it lands), gate.RULE (what a rule of the gates comes
to: deny, ask or off).
Only a person changes workspace.setup, workspace.link, workspace.copy, checks.*, review.rounds and gate.RULE, in a plain
terminal: one that no client of this project has opened.
Exit codes: 0 shown or changed; 1 no such setting, the value is not one of its, or it is a person's to change.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.core.errors import AtlasError
from atlas.render import text
from atlas.services.project import settings
from atlas.services.workspaces.own_files import refresh_all

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.project import SettingsResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("key", nargs="?", metavar="KEY", help="without one, all are shown")
    parser.add_argument("values", nargs="*", metavar="VALUE", help="its new value, or values")
    parser.add_argument("--unset", action="store_true", help="back to what holds where nothing is set")


def run(args: argparse.Namespace) -> Outcome[SettingsResult]:
    """Do it."""
    if args.key is None:
        result = settings.show_settings(open_context())
    elif bool(args.values) == args.unset:
        raise AtlasError(f"give {args.key} a value, or take it away with --unset")
    else:
        context = open_context()
        result = settings.change_setting(context, args.key, args.values)
        if args.key == "checks.env":
            refresh_all(context, "settings")
    return Outcome(result, text.render_settings(result))
