"""The status of an orchestration as text."""

from __future__ import annotations

from atlas.core.records.assignment import Assignment, Verification
from atlas.core.records.workspace import Workspace
from atlas.core.results.status import PollStanding, StatusResult, Unenforced
from atlas.core.rules import enforcement, understanding, updates
from atlas.core.text import one_line
from atlas.render import discoveries, sessions


def status(result: StatusResult) -> str:
    """The board: the count, modules, assignments with their verification, polls, and what can be done next."""
    lines = [
        f"{result['plan_id']}: {result['status']}, "
        f"{result['modules_completed']} of {result['modules_total']} modules complete",
        f"Lead: session {result['lead']}"
        if result["lead"]
        else "Lead: none; type /atlas-lead in the session that shall lead",
        *([sessions.pause(result["paused"])] if result["paused"] else []),
        "",
        "Modules",
        *_rows(
            [
                [m["id"], m["status"], m["priority"], m["assigned_to"] or "-", one_line(m["name"], 60)]
                for m in result["modules"]
            ]
        ),
    ]
    lines += _section("Active assignments", [_assignment(a) for a in result["active_assignments"]])
    paused = [why for assignment in result["active_assignments"] if (why := updates.pauses(assignment))]
    lines += _section("Resting until a change is settled", [[why] for why in paused])
    lines += _section("Back in the pool", [[_returned(a)] for a in result["returned"]])
    lines += _section("Stopped incomplete", [[sessions.incomplete(one)] for one in result["stopped"]])
    lines += _section("Unattended", [[sessions.unattended(one)] for one in result["unattended"]])
    lines += _section("Workspaces", [_workspace(w) for w in result["workspaces"]])
    lines += _section("Conflicts", _conflicts(result))
    lines += _section("Unenforced", _unenforced(result["unenforced"]))
    lines += _section("Poll schedule", [_poll(p) for p in result["polls"]])
    lines += _section("Ready to assign, most urgent first", [[module] for module in result["ready"]])
    if result["critical_path"]:
        lines += ["", "Critical path: " + " → ".join(result["critical_path"])]
    if result["not_seen_yet"]:
        lines += ["", "Not seen yet: " + ", ".join(result["not_seen_yet"])]
    lines += _section(
        "Not delivered",
        [[m["id"], "to " + m["to"], one_line(m["error"] or "queued")] for m in result["unsent_messages"]],
    )
    lines += _section("Discoveries", [[row] for found in result["discoveries"] for row in discoveries.rows(found)])
    return "\n".join(lines)


def _assignment(assignment: Assignment) -> list[str]:
    return [
        assignment["module"],
        assignment["agent"],
        assignment["status"],
        _instructions(assignment["instruction_verification"]),
        assignment["task_uuid"],
    ]


_STEPS = {
    understanding.REPEAT: "instructions {status}",
    understanding.JUDGE: "instructions repeated: confirm or correct",
    understanding.ANSWER: "instructions confirmed: answer",
    understanding.AUTHORIZE: "instructions confirmed: authorize",
    understanding.NOTHING: "instructions verified",
}


def _instructions(verification: Verification) -> str:
    """How far the verification is, and how many questions wait for an answer."""
    step = _STEPS[understanding.waits_for(verification)].format(status=verification["status"])
    waiting = understanding.open_questions(verification)
    return f"{step} ({waiting} open question{'s' if waiting > 1 else ''})" if waiting else step


def _returned(assignment: Assignment) -> str:
    verification = assignment["instruction_verification"]
    wrong = "; ".join(verification["findings"]) or verification["correction"] or ""
    agent, attempts = assignment["agent"], verification["attempts"]
    return (
        f"{assignment['module']}: {agent} did not repeat it correctly in {attempts} attempts ({one_line(wrong, 120)})"
    )


def _conflicts(result: StatusResult) -> list[list[str]]:
    """Each pair once, and why nothing is known where git could not be asked."""
    pairs = {
        tuple(sorted((workspace["name"], other))): files
        for workspace in result["workspaces"]
        for other, files in workspace["conflicts"].items()
    }
    rows = [[f"{one} and {two} would conflict in {one_line(', '.join(files))}"] for (one, two), files in pairs.items()]
    return rows + ([[f"not known: {result['conflicts_unknown']}"]] if result["conflicts_unknown"] else [])


def _unenforced(found: list[Unenforced]) -> list[list[str]]:
    """A row each, and what to do about those that should have hooks."""
    hint = "Is the plugin installed and enabled in that session? `atlas doctor --live` tries its hooks."
    rows = [[enforcement.describe(one)] for one in found]
    return [*rows, [hint]] if any(one["here"] for one in found) else rows


def _workspace(workspace: Workspace) -> list[str]:
    return [workspace["name"], workspace["status"], workspace["agent"] or "-", workspace["branch"], workspace["path"]]


def _poll(poll: PollStanding) -> list[str]:
    if poll["escalated_at"]:
        how = f"does not answer {poll['unanswered']} polls: tell the person, then `atlas reassign {poll['module']} …`"
    elif poll["due"] is None:
        how = "not asked: its work is reported"
    else:
        how = f"overdue by {poll['overdue_seconds'] // 60} min" if poll["overdue_seconds"] else f"due {poll['due']}"
    return [poll["agent"], poll["module"], how]


def _section(title: str, rows: list[list[str]]) -> list[str]:
    return ["", title, *_rows(rows)] if rows else []


def _rows(rows: list[list[str]]) -> list[str]:
    """Columns as wide as their widest cell; the last one is left ragged."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
