"""Conflicts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import mark_lines, one_line, quote_under

if TYPE_CHECKING:
    from atlas.core.results.workspaces import ConflictsResult

_LINES = 3


def render_conflicts(result: ConflictsResult) -> str:
    """Every conflict by pair, file and line, with the first lines of either side."""
    lines = [f"{len(result['workspaces'])} workspaces, {result['pairs']} pairs, {result['merged']} merged anew"]
    for conflict in result["conflicts"]:
        one, two = conflict["between"]
        lines.append(f"{one} and {two} would conflict:")
        for file in conflict["files"]:
            lines.append(f"  {quote_under(file['kind'], file['path'])}")
            for hunk in file["hunks"]:
                lines += [
                    f"    line {hunk['line']}",
                    *_side_lines(one, hunk["ours"]),
                    *_side_lines(two, hunk["theirs"]),
                ]
    if not result["conflicts"]:
        lines.append("No conflicts.")
    lines += [f"Gone: {one} and {two}" for one, two in result["gone"]]
    lines += [f"Could not be read: {name}" for name in result["unreadable"]]
    return "\n".join(lines)


def _side_lines(name: str, text: list[str]) -> list[str]:
    more = [f"      {name}: … {len(text) - _LINES} more lines"] if len(text) > _LINES else []
    return [f"      {name}:", *(f"      {mark_lines(one_line(line))}" for line in text[:_LINES]), *more]
