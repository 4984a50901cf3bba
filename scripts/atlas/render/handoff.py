"""A handoff as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atlas.core.results.assignments import HandoffResult


def render_handoff(result: HandoffResult) -> str:
    """The document itself when it is only looked at, else where it is and who got it."""
    if result["file"] is None:
        return result["text"].rstrip("\n")
    text = f"sent as {result['message']}" if result["message"] else "people are not messaged by ATLAS: give it to them"
    return f"The handoff of {result['module']} to {result['agent']}: {result['file']}, {text}"
