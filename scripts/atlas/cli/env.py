"""Show or make ATLAS's own Python environment.

Commands make it by themselves, in the background, when it is not there.

Exit codes: 0 ready; 1 not ready, or it could not be made.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.adapters.system import environment_maker

from .options import parse_seconds
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.project import EnvResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--wait",
        type=parse_seconds,
        nargs="?",
        const=float(environment_maker.BUILD_SECONDS),
        metavar="SECONDS",
        help="have it made and wait until it is ready (default: %(const).0f seconds)",
    )
    how.add_argument(
        "--background",
        action="store_true",
        help="have it made and return at once; says nothing when it is ready",
    )


def run(args: argparse.Namespace) -> Outcome[EnvResult]:
    """Do it."""
    if args.wait is not None:
        state = environment_maker.await_environment(args.wait)
    else:
        state = environment_maker.prepare_environment() if args.background else environment_maker.environment_state()
    ready = state.status == "ready"
    result: EnvResult = {
        "status": state.status,
        "path": state.path,
        "seconds": state.seconds,
        "reason": state.reason,
    }
    return Outcome(result, "" if ready and args.background else str(state), 0 if ready else 1)
