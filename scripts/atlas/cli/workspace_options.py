"""Options of the verbs that give a module to an agent: about the workspace that an AI agent gets."""

from __future__ import annotations

import argparse


def add_workspace_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument(
        "--no-workspace", action="store_false", dest="workspace", help="an AI agent works where it is, too"
    )
    parser.add_argument(
        "--skeleton",
        action="append",
        default=[],
        metavar="PATH",
        help="a file of the main directory to copy into the workspace, kept out of commits; repeat",
    )
