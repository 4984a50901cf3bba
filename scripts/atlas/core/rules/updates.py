"""Changes of the instructions during the work: which step comes next, and whether the work is to rest.

An agent is told and pauses, says that it received it, whether it is feasible, and what speaks against it; when every
concern is resolved the lead lets it go on. A minor change needs only the receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from atlas.core.errors import AtlasError
from atlas.core.records.assignment import AssignmentFields, Concern, Update
from atlas.core.text import name_known

if TYPE_CHECKING:
    from atlas.core.results.updates import UpdateNeeds

RECEIPT: Final = "receipt"
FEASIBILITY: Final = "feasibility"
CONCERNS: Final = "concerns"
AUTHORIZATION: Final = "authorization"
QUESTIONS = (
    "Understood: what changes for you, in your own words?",
    "Feasible: can it be done with what there is, and how?",
    "Effort: what of the work so far is lost or has to change?",
    "Effects: what else does it touch: criteria, checks, files, other modules?",
    "Needs: what do you need from the lead before you go on?",
)
_NEXT: dict[str, UpdateNeeds] = {
    "sent": RECEIPT,
    "received": FEASIBILITY,
    "assessed": CONCERNS,
    "resolved": AUTHORIZATION,
}
_HOW: dict[UpdateNeeds, str] = {
    RECEIPT: "the receipt: atlas acknowledge {module} {id}",
    FEASIBILITY: 'the answers to the five questions: atlas acknowledge {module} {id} --feasibility "…" (five times)',
    CONCERNS: 'the concerns: atlas update resolve-concerns {module} {id} --resolution "…"',
    AUTHORIZATION: "the word of the lead: atlas update authorize-resume {module} {id}",
}


def next_step(update: Update) -> UpdateNeeds | None:
    """RECEIPT, FEASIBILITY, CONCERNS or AUTHORIZATION; None when it is done."""
    return _NEXT.get(update["status"])


def describe_next(module_id: str, update: Update) -> str:
    """What comes next for an update that is open, and how."""
    return _HOW[_NEXT[update["status"]]].format(module=module_id, id=update["id"])


def require_step(module_id: str, update: Update, step: str) -> None:
    """Raise AtlasError, naming the next step, unless it is this one."""
    if next_step(update) is None:
        raise AtlasError(f"{update['id']} of {module_id} is done: nothing is left to do about it")
    if next_step(update) != step:
        raise AtlasError(
            f"{update['id']} of {module_id} is {update['status']}, first comes {describe_next(module_id, update)}"
        )


def open_updates(assignment: AssignmentFields) -> list[Update]:
    """The updates that are not done, oldest first."""
    return [update for update in assignment["instruction_updates"] if next_step(update)]


def find_update(assignment: AssignmentFields, update_id: str | None) -> Update:
    """The update of that id, or the only open one. Raises AtlasError when there is none, or it is not clear which."""
    module, known = assignment["module"], assignment["instruction_updates"]
    found = [one for one in known if one["id"] == update_id] if update_id else open_updates(assignment)
    if len(found) > 1:
        raise AtlasError(f"{module} has the open updates {', '.join(one['id'] for one in found)}: say which")
    if not found and not update_id:
        raise AtlasError(f"{module} has no open update")
    if not found:
        named = update_id or ""
        raise AtlasError(
            f"{module} has no update {named[:80]!r}: {name_known(named, [one['id'] for one in known], 'it has')}"
        )
    return found[0]


def receive_update(update: Update, at: str) -> None:
    """Note that the agent has it; that is all that a minor one needs."""
    update["status"], update["received_at"] = "received", at
    if update["minor"]:
        resume_update(update, at)


def assess_update(update: Update, answers: list[str], concerns: list[str]) -> None:
    """Note what the agent says of it."""
    update["answers"] = answers
    update["concerns"] = [Concern(text=text, resolution=None) for text in concerns]
    update["status"] = "assessed" if concerns else "resolved"


def resolve_concerns(update: Update, resolution: str, number: int | None) -> None:
    """Answer the concern of that number, or all that are left. Raises AtlasError when there is no such one."""
    if number is not None and number > len(update["concerns"]):
        raise AtlasError(f"{update['id']} has {len(update['concerns'])} concerns, there is no number {number}")
    for count, concern in enumerate(update["concerns"], 1):
        if number == count or (number is None and concern["resolution"] is None):
            concern["resolution"] = resolution
    if all(concern["resolution"] for concern in update["concerns"]):
        update["status"] = "resolved"


def resume_update(update: Update, at: str) -> None:
    update["status"], update["resumed_at"] = "resumed", at


def pause_reason(assignment: AssignmentFields) -> str | None:
    """Why the agent of a live assignment may not edit now although it was authorised, or None."""
    if assignment["handover"]:
        return f"{assignment['module']} is being given to {assignment['handover']['to']}: leave everything as it is"
    for update in open_updates(assignment):
        if not update["minor"]:
            return (
                f"the {update['type']} {update['id']} of {assignment['module']} is open, next is "
                f"{describe_next(assignment['module'], update)}"
            )
    return None


def waits_for_lead(assignment: AssignmentFields) -> bool:
    """Whether the next step of an open update is the lead's, so that the agent can only wait."""
    return any(next_step(update) in (CONCERNS, AUTHORIZATION) for update in open_updates(assignment))
