"""The status of an orchestration as text: its sections, one under the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.rules import updates
from atlas.core.text import one_line, quote_under
from atlas.render import discoveries, sessions

from .rows import (
    assignment_row,
    conflict_rows,
    overridden_rows,
    poll_row,
    returned_row,
    unenforced_rows,
    workspace_row,
)

if TYPE_CHECKING:
    from atlas.core.results.status import StatusResult


def board_text(result: StatusResult) -> str:
    """The board: the count, modules, assignments with their verification, polls, and what can be done next."""
    modules = [
        [m["id"], m["status"], m["priority"], m["assigned_to"] or "-", one_line(m["name"], 60)]
        for m in result["modules"]
    ]
    lines = [*_head_lines(result), "", "Modules", *_align_rows(modules)]
    lines += _section_lines("Complete on the word of a person", [[row] for row in overridden_rows(result["modules"])])
    lines += _section_lines("Active assignments", [assignment_row(a) for a in result["active_assignments"]])
    paused = [why for assignment in result["active_assignments"] if (why := updates.pause_reason(assignment))]
    lines += _section_lines("Resting until a change is settled", [[why] for why in paused])
    waiting = [[f"{one['module']} {one['waits']}"] for one in result["waiting_reviews"]]
    lines += _section_lines("Waiting for reviews", waiting)
    lines += _section_lines("Back in the pool", [[returned_row(a)] for a in result["returned"]])
    lines += _section_lines("Stopped incomplete", [[sessions.incomplete_line(one)] for one in result["stopped"]])
    lines += _section_lines("Unattended", [[sessions.unattended_line(one)] for one in result["unattended"]])
    lines += _section_lines("Workspaces", [workspace_row(w) for w in result["workspaces"]])
    lines += _section_lines("Conflicts", conflict_rows(result))
    lines += _section_lines("Unenforced", unenforced_rows(result["unenforced"]))
    lines += _section_lines("Poll schedule", [poll_row(p) for p in result["polls"]])
    lines += _section_lines("Ready to assign, most urgent first", [[module] for module in result["ready"]])
    if result["critical_path"]:
        lines += ["", "Critical path: " + " → ".join(result["critical_path"])]
    if result["not_seen_yet"]:
        lines += ["", "Not seen yet: " + ", ".join(result["not_seen_yet"])]
    lines += _section_lines(
        "Not delivered",
        [[m["id"], quote_under("to " + m["to"], m["error"] or "queued")] for m in result["unsent_messages"]],
    )
    lines += _section_lines(
        "Discoveries", [[row] for found in result["discoveries"] for row in discoveries.discovery_rows(found)]
    )
    return "\n".join(lines)


def _head_lines(result: StatusResult) -> list[str]:
    """How far the orchestration is, who leads it, and whether its gates are lifted."""
    lead = f"session {result['lead']}" if result["lead"] else "none; type /atlas-lead in the session that shall lead"
    done = f"{result['modules_completed']} of {result['modules_total']} modules complete"
    pause = [sessions.pause_line(result["paused"])] if result["paused"] else []
    return [f"{result['plan_id']}: {result['status']}, {done}", f"Lead: {lead}", *pause]


def _section_lines(title: str, rows: list[list[str]]) -> list[str]:
    return ["", title, *_align_rows(rows)] if rows else []


def _align_rows(rows: list[list[str]]) -> list[str]:
    """Columns as wide as their widest cell; the last one is left ragged, and what it quotes stands under its row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [f"  {line.rstrip()}" for whole in lines for line in whole.splitlines()]
