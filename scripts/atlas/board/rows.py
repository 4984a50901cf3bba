"""The rows of the board's sections: an assignment, a conflict, a workspace, a poll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.rules import enforcement, understanding
from atlas.core.text import quote_under
from atlas.render import text

if TYPE_CHECKING:
    from atlas.core.records.whole import WholeAssignment, WholeModule, WholeVerification
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.status import PollStanding, StatusResult, Unenforced


def assignment_row(assignment: WholeAssignment) -> list[str]:
    """Who has which module, how far, and whether it was understood."""
    return [
        assignment["module"],
        assignment["agent"],
        assignment["status"],
        _understanding_text(assignment["instruction_verification"]),
        assignment["task_uuid"],
    ]


_STEPS = {
    understanding.REPEAT: "instructions {status}",
    understanding.JUDGE: "instructions repeated: confirm or correct",
    understanding.ANSWER: "instructions confirmed: answer",
    understanding.AUTHORIZE: "instructions confirmed: authorize",
    understanding.NOTHING: "instructions verified",
}


def _understanding_text(verification: WholeVerification) -> str:
    """How far the verification is, and how many questions wait for an answer."""
    step = _STEPS[understanding.waits_for(verification)].format(status=verification["status"])
    waiting = understanding.open_questions(verification)
    return f"{step} ({waiting} open question{'s' if waiting > 1 else ''})" if waiting else step


def returned_row(assignment: WholeAssignment) -> str:
    """A module that went back into the pool, and why."""
    verification = assignment["instruction_verification"]
    wrong = "; ".join(verification["findings"]) or verification["correction"] or ""
    agent, attempts = assignment["agent"], verification["attempts"]
    return quote_under(
        f"{assignment['module']}: {agent} did not repeat it correctly in {attempts} attempts", wrong, 120
    )


def overridden_rows(modules: list[WholeModule]) -> list[str]:
    """The modules that are complete because a person let them pass, with the reason that was given."""
    last = [(module["id"], module["evidence"][-1]) for module in modules if module["status"] == "complete"]
    return [
        f"{module}: {text.override_text(evidence['override'])}" for module, evidence in last if evidence["override"]
    ]


def conflict_rows(result: StatusResult) -> list[list[str]]:
    """Each pair once, and why nothing is known where git could not be asked."""
    pairs = {
        tuple(sorted((workspace["name"], other))): files
        for workspace in result["workspaces"]
        for other, files in workspace["conflicts"].items()
    }
    rows = [
        [quote_under(f"{one} and {two} would conflict in", ", ".join(files))] for (one, two), files in pairs.items()
    ]
    return rows + ([[f"not known: {result['conflicts_unknown']}"]] if result["conflicts_unknown"] else [])


def unenforced_rows(found: list[Unenforced]) -> list[list[str]]:
    """A row each, and what to do about those that should have hooks."""
    hint = "Is the plugin installed and enabled in that session? `atlas doctor --live` tries its hooks."
    rows = [[enforcement.describe_unenforced(one)] for one in found]
    return [*rows, [hint]] if any(one["here"] for one in found) else rows


def workspace_row(workspace: Workspace) -> list[str]:
    """A workspace: its status, its worker, its branch, its place."""
    return [workspace["name"], workspace["status"], workspace["agent"] or "-", workspace["branch"], workspace["path"]]


def poll_row(poll: PollStanding) -> list[str]:
    """When an agent is asked next, or that it does not answer."""
    if poll["escalated_at"]:
        how = f"does not answer {poll['unanswered']} polls: tell the person, then `atlas reassign {poll['module']} …`"
    elif poll["due"] is None:
        how = "not asked: its work is reported"
    else:
        how = f"overdue by {poll['overdue_seconds'] // 60} min" if poll["overdue_seconds"] else f"due {poll['due']}"
    return [poll["agent"], poll["module"], how]
