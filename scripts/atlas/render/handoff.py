"""A handoff as text."""

from __future__ import annotations

from typing import Any


def handed_off(result: dict[str, Any]) -> str:
    """The document itself when it is only looked at, else where it is and who got it."""
    if result["file"] is None:
        return str(result["text"]).rstrip("\n")
    told = f"sent as {result['message']}" if result["message"] else "people are not messaged by ATLAS: give it to them"
    return f"The handoff of {result['module']} to {result['agent']}: {result['file']}, {told}"
