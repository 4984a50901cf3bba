"""The options of the verbs that prove a module."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeVar

from atlas.render import text
from atlas.services.proof.evidence import Demand

from .options import parse_seconds
from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.proof import CompleteResult

Proven = TypeVar("Proven", bound="CompleteResult")

NOT_LANDED = 2
"""The exit code of what was recorded and did not land."""


def add_proof_options(parser: argparse.ArgumentParser) -> None:
    """Declare the module, what may be said in the place of what, and how its checks run."""
    parser.add_argument("module_id", metavar="module-id")
    parser.add_argument("--reason", default=None, metavar="TEXT", help="needed for a module without checks")
    parser.add_argument("--no-commit", default=None, metavar="TEXT", help="why no commit is needed")
    parser.add_argument(
        "--override",
        default=None,
        metavar="TEXT",
        help="go on although a condition is not met (never a check): a person only; it is shown for ever",
    )
    parser.add_argument(
        "--timeout", type=parse_seconds, default=None, metavar="SECONDS", help="for each check (checks.seconds)"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="run every check, also on a tree on which all passed before"
    )


def read_demand(args: argparse.Namespace) -> Demand:
    """What the options ask for."""
    return Demand(args.reason, args.no_commit, args.override, args.timeout, args.fresh)


def proof_result(result: Proven, succeeded: bool) -> Outcome[Proven]:
    """The outcome of a proof, which went as far as was asked for or not."""
    return Outcome(result, text.render_completion(result), 0 if succeeded else NOT_LANDED)
