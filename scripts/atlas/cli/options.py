"""Options that several verbs have, and values of options."""

from __future__ import annotations

import argparse
import re


def parse_seconds(text: str) -> float:
    """A number of seconds above 0, at most a day. Raises ArgumentTypeError otherwise."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of seconds between 0 and 86400")
    return value


def parse_count(text: str) -> int:
    """A number of things, 1 or more. Raises ArgumentTypeError otherwise."""
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number between 1 and 999999999")
    return int(text)


def parse_number(text: str) -> int:
    """A number of things, 0 or more. Raises ArgumentTypeError otherwise."""
    return 0 if text == "0" else parse_count(text)


def add_unattended(parser: argparse.ArgumentParser) -> None:
    """Declare the option by which hooks have ATLAS itself run a verb; who may not use the verb may not use it so."""
    parser.add_argument("--unattended", action="store_true", help="done by ATLAS itself: for its hooks")
