"""Receipts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import one_line

if TYPE_CHECKING:
    from atlas.core.results.proof import ReceiptsResult


def render_receipts(result: ReceiptsResult) -> str:
    """What was written, what does not hold, and how many receipts do."""
    lines = [f"{one['module']}: {one['file']}, of commit {one['commit'][:12]}" for one in result["files"]]
    lines += [f"{module}: it landed without a receipt" for module in result["without"]]
    for fault in result["faults"]:
        where = one_line(fault["file"]) if fault["file"] else f"commit {(fault['commit'] or '')[:12]}"
        lines.append(f"{where}: {fault['fault']}")
    count = result["checked"]
    held = "1 receipt holds" if count == 1 else f"{count} receipts hold"
    return "\n".join([*lines, held])
