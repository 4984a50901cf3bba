"""Whether a module may be completed, as far as the records tell: what its agent said, understood and was told."""

from __future__ import annotations

from atlas.core.records.assignment import Assignment
from atlas.core.records.team import AI
from atlas.core.records.transitions import HANDED_IN

from . import understanding, updates


def unmet_condition(assignment: Assignment, chosen: dict[str, str]) -> str | None:
    """The first condition that keeps a module from being completed, with the next step; None when all are met.

    They are for the work of AI agents: people answer for themselves. `chosen` are the verdicts that the project chose.
    """
    module, agent, handover = assignment["module"], assignment["agent"], assignment["handover"]
    if assignment["agent_type"] != AI:
        return None
    if handover:
        return (
            f"{module} is being given to {handover['to']}: finish that with "
            f"`atlas reassign {module} --to {handover['to']} --force`"
        )
    for update in updates.open_updates(assignment):
        return (
            f"the {update['type']} {update['id']} of {module} is open, next is {updates.describe_next(module, update)}"
        )
    if not understanding.may_edit(assignment, chosen):
        return (
            f"{agent}'s understanding of {module} is not confirmed, next is {understanding.describe_next(assignment)}"
        )
    if assignment["status"] not in HANDED_IN:
        return (
            f"{agent} has not reported {module} done, it is {assignment['status']}: next is atlas report {module} done"
        )
    return None
