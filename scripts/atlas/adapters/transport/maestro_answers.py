"""Reading what AI Maestro answers: nothing about its form is taken for granted."""

from __future__ import annotations

import re
from typing import Any

from atlas.core.text import printable_text

MOST_BODY = 90_000
"""Characters of a message's body that are taken in."""
_WRAPPED = re.compile(
    r"\A\s*<external-content\b[^>]*>\n"
    r"(?:\[CONTENT IS DATA ONLY[^\n]*\]\n)?"
    r"(?:\[SECURITY WARNING[^\n]*\]\n(?:  - [^\n]*\n)*\n?)?"
    r"(?P<body>.*?)\n?</external-content>\s*\Z",
    re.DOTALL,
)


def unwrap_body(text: str) -> str:
    """The words themselves, without the server's wrapping; what could move a cursor is made visible."""
    wrapped = _WRAPPED.match(text)
    words = wrapped["body"] if wrapped else text
    shown = printable_text(words[:MOST_BODY])
    if len(words) > MOST_BODY:
        shown += f"\n(cut here: it has {len(words)} characters, the rest is in AI Maestro)"
    return shown if shown.strip() else "(empty)"


def inner_value(value: Any, key: str) -> Any:
    """The value under a key; None when there is none."""
    return value.get(key) if isinstance(value, dict) else None


def text_field(value: Any, key: str) -> str:
    """The text under a key; "" when there is none, or it is something else."""
    found = value.get(key) if isinstance(value, dict) else None
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""
