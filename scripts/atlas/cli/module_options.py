"""Options that several verbs share: what a module is made of, and changes of it."""

from __future__ import annotations

import argparse

from atlas.core.records.plan import PRIORITIES
from atlas.core.rules.edits import Edit


def add_module_options(parser: argparse.ArgumentParser) -> None:
    """The options of a new module."""
    parser.add_argument("--name", required=True, help="its name; the id is made from it")
    parser.add_argument("--priority", choices=PRIORITIES, default="medium")
    parser.add_argument("--description", default=None, metavar="TEXT")
    parser.add_argument(
        "--criteria", action="append", default=[], metavar="TEXT", help="an acceptance criterion; repeat"
    )
    _add_common_options(parser)


def add_change_options(parser: argparse.ArgumentParser) -> None:
    """The options that change a module."""
    parser.add_argument("--name", default=None)
    parser.add_argument("--priority", choices=PRIORITIES, default=None)
    parser.add_argument("--description", default=None, metavar="TEXT")
    parser.add_argument("--add-criteria", action="append", default=[], dest="criteria", metavar="TEXT")
    parser.add_argument("--remove-criteria", action="append", default=[], type=int, metavar="NUMBER")
    parser.add_argument("--remove-depends-on", action="append", default=[], metavar="ID")
    parser.add_argument("--remove-check", action="append", default=[], type=int, metavar="NUMBER")
    parser.add_argument("--remove-scope", action="append", default=[], type=int, metavar="NUMBER")
    _add_common_options(parser)


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--depends-on", action="append", default=[], metavar="ID", help="a module it builds on; repeat")
    parser.add_argument(
        "--check", action="append", default=[], metavar="COMMAND", help="a shell command that proves it done; repeat"
    )
    parser.add_argument(
        "--scope", action="append", default=[], metavar="PATH", help="a path or glob that it may touch; repeat"
    )


def edit_from_options(args: argparse.Namespace) -> Edit:
    """The change that the parsed options ask for."""
    return {
        "name": " ".join(args.name.split()) if args.name is not None else None,
        "description": args.description,
        "priority": args.priority,
        "add_criteria": args.criteria,
        "remove_criteria": getattr(args, "remove_criteria", []),
        "add_dependencies": args.depends_on,
        "remove_dependencies": getattr(args, "remove_depends_on", []),
        "add_checks": args.check,
        "remove_checks": getattr(args, "remove_check", []),
        "add_scope": args.scope,
        "remove_scope": getattr(args, "remove_scope", []),
    }
