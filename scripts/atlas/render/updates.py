"""Changes of instructions as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import mark_lines

if TYPE_CHECKING:
    from atlas.core.results.updates import AcknowledgeResult, Updates, UpdateStep


def render_update(result: UpdateStep | AcknowledgeResult) -> str:
    """How an update stands, and what comes next."""
    update = result["update"]
    head = f"{update['id']} of {result['module']} ({update['type']}) is {update['status']}"
    if result["next"] is None:
        return f"{head}: nothing is left to do about it"
    return f"{head}. Next is {result['how']}"


def render_updates(result: Updates) -> str:
    """Updates with what was said of them, the words of people and agents quoted."""
    shown = []
    for one in result["updates"]:
        kind = f"{'minor ' if one['minor'] else ''}{one['type']}"
        following = f", next is the {one['next']}" if one["next"] else ""
        shown.append(
            f"{one['module']} {one['id']} for {one['agent']}, {kind} of {one['at']}: {one['status']}{following}"
        )
        shown.append(mark_lines(one["text"]))
        shown += [f"answer {number}:\n{mark_lines(answer)}" for number, answer in enumerate(one["answers"], 1)]
        for number, concern in enumerate(one["concerns"], 1):
            resolution = (
                f"resolution:\n{mark_lines(concern['resolution'])}" if concern["resolution"] else "no resolution yet"
            )
            shown.append(f"concern {number}:\n{mark_lines(concern['text'])}\n{resolution}")
    return "\n".join(shown) or "no updates"
