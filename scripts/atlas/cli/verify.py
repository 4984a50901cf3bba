"""Prove a module without landing it: run its checks on what the integration branch would get.

It does what `complete` does, up to the point where the integration branch would move.
Exit codes: 0 everything passed; 1 it cannot be proven yet, and nothing was changed; 2 it is recorded: a check failed,
is flaky, could not run or fails on the base too, or the work conflicts.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from atlas.app import open_context
from atlas.services.proof import evidence

from .outcome import Outcome
from .proof_options import add_proof_options, proof_result, read_demand

if TYPE_CHECKING:
    from atlas.core.results.proof import VerifyResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_proof_options(parser)


def run(args: argparse.Namespace) -> Outcome[VerifyResult]:
    """Do it."""
    result = evidence.verify_module(open_context(), args.module_id, read_demand(args))
    return proof_result(result, result["passed"])
