"""Prove a module and land it: run its checks on exactly what the integration branch gets.

ATLAS merges the module's commit with the integration branch in memory and runs the checks on a fresh clone of that,
outside of the project. When all pass, a merge commit with that very tree becomes the tip of the branch. The work of an
AI agent is completed when it was reported done, its agent may edit, no change of its instructions and no handover is
open, its workspace has a commit of its own and nothing that is uncommitted or under way.
Exit codes: 0 complete; 1 it cannot be completed yet, and nothing was changed; 2 it is recorded and not landed: a check
failed, is flaky, could not run or fails on the base too, the work conflicts, it waits for a review or goes back after
one, or it could not be landed.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.services.proof import evidence

from .outcome import Outcome
from .proof_options import add_proof_options, proof_result, read_demand

if TYPE_CHECKING:
    from atlas.core.results.proof import CompleteResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_proof_options(parser)


def run(args: argparse.Namespace) -> Outcome[CompleteResult]:
    """Do it."""
    result = evidence.complete_module(open_context(), args.module_id, read_demand(args))
    return proof_result(result, result["complete"])
