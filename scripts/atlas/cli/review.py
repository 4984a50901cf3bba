"""Review what another agent made of a module, on the commit whose checks passed.

With the module alone, it shows what is to be reviewed: the commit, a checkout of it, the criteria, and the reviews that
there are. With --met and --unmet it records a review: each criterion once, with the place that shows it, which must
exist in the commit: FILE:LINE, FILE::TEST, or the name of a test. Words may follow the place.
A review counts for its commit only, and one reviewer counts once. The lead reviews by its reviewer subagent; whoever
worked on the module does not review it.
Exit codes: 0 shown, or recorded with every criterion met; 1 refused, nothing changed; 2 recorded, with a criterion that
is not met: the module goes back to its agent
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.render import reviews as text
from atlas.services.proof import reviews
from atlas.services.proof.review_words import Said

from .outcome import Outcome
from .proof_options import NOT_LANDED

if TYPE_CHECKING:
    from atlas.core.results.proof import ReviewResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("module_id", metavar="module-id")
    place = "ID=WHERE [TEXT]"
    parser.add_argument("--met", action="append", default=[], metavar=place, help="a criterion that is met, and where")
    parser.add_argument("--unmet", action="append", default=[], metavar=place, help="one that is not, and why")
    parser.add_argument("--text", default="", help="what else there is to say; only with --met or --unmet")


def run(args: argparse.Namespace) -> Outcome[ReviewResult]:
    """Do it."""
    if args.met or args.unmet or args.text:
        said = Said(args.met, args.unmet, args.text.strip())
        recorded = reviews.record_review(open_context(), args.module_id, said)
        return Outcome(recorded, text.render_reviewed(recorded), 0 if recorded["passed"] else NOT_LANDED)
    shown = reviews.show_subject(open_context(), args.module_id)
    return Outcome(shown, text.render_subject(shown))
