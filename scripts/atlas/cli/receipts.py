"""Write and check receipts: what the merge commits of modules say of their proofs, in any clone, without ATLAS's state.

`export` writes an in-toto statement for each module that landed. `verify` checks the trailers of every merge commit,
and that each FILE is what one of them carries the hash of.
Exit codes: 0 written, or everything holds; 1 there is no receipt, or a file cannot be read or written; 2 something does
not hold, and is named.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from atlas.app import open_context
from atlas.render import receipts as text
from atlas.services.proof import receipts

from .outcome import Outcome

if TYPE_CHECKING:
    from atlas.core.results.proof import ReceiptsResult


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions: Any = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", allow_abbrev=False, help="write a statement for each module that landed")
    export.add_argument("module_id", nargs="*", metavar="module-id", help="only of these")
    export.add_argument("--to", default=None, metavar="FOLDER", help=f"where to (in the project: {receipts.FOLDER})")
    verify = actions.add_parser("verify", allow_abbrev=False, help="check merge commits, and files against them")
    verify.add_argument("file", nargs="*", metavar="FILE")
    for action in (export, verify):
        action.add_argument("--branch", default=None, metavar="NAME", help="where to look (the integration branch)")


def run(args: argparse.Namespace) -> Outcome[ReceiptsResult]:
    """Do it."""
    context = open_context()
    if args.action == "export":
        folder = os.path.abspath(args.to) if args.to is not None else None
        result = receipts.export_receipts(context, args.module_id, folder, args.branch)
    else:
        result = receipts.verify_receipts(context, args.file, args.branch)
    return Outcome(result, text.render_receipts(result), 2 if result["faults"] else 0)
