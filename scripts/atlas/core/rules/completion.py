"""Whether a module may be completed: what its agent said and understood, what its checks came to, its reviews."""

from __future__ import annotations

from collections.abc import Iterable

from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import ASSIGNMENT, REVIEW, SETTINGS
from atlas.core.records.plan import Module
from atlas.core.records.protocol import Records
from atlas.core.records.rows import COULD_NOT_RUN, FAILED, FAILS_ON_BASE, FLAKY, PASSED, Check, Review
from atlas.core.records.team import AI
from atlas.core.records.transitions import HANDED_IN
from atlas.core.results.proof import ReviewStanding

from . import understanding, updates

_WORST_FIRST = (FAILED, FAILS_ON_BASE, FLAKY, COULD_NOT_RUN)


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


def proof_outcome(checks: Iterable[Check]) -> str:
    """The worst of what the checks came to; a flaky one that is in quarantine stands in nobody's way."""
    found = {check["outcome"] for check in checks if not check.get("quarantined_by")}
    return next((outcome for outcome in _WORST_FIRST if outcome in found), PASSED)


def reviews_of(records: Records, module: Module, commit: str) -> list[Review]:
    """The reviews that count for a commit of a module, oldest first: the latest of each reviewer.

    Those of another commit, or of criteria that were in other words, count no more.
    """
    latest: dict[tuple[str, str], Review] = {}
    for review in records.where(REVIEW, module=module["id"], commit=commit):
        if {one["id"]: one["criterion"] for one in review["criteria"]} == understanding.criteria_by_id(module):
            latest.pop((review["role"], review["by"]), None)
            latest[review["role"], review["by"]] = review
    return list(latest.values())


def unmet_criteria(review: Review) -> list[str]:
    """The ids of the criteria that a review found not to be met."""
    return [one["id"] for one in review["criteria"] if not one["met"]]


def review_standing(records: Records, module: Module, commit: str) -> ReviewStanding:
    """How far the reviews of a module's commit are."""
    reviews, settings = reviews_of(records, module, commit), records.only(SETTINGS)
    return {
        "module": module["id"],
        "commit": commit,
        "rounds": settings.get("review_rounds", 0) if settings else 0,
        "by": [one["by"] for one in reviews if not unmet_criteria(one)],
        "unmet": sorted({name for one in reviews for name in unmet_criteria(one)}),
    }


def may_land(standing: ReviewStanding) -> bool:
    """Whether the reviews let a module land: there are enough, and none says that a criterion is not met."""
    return not standing["unmet"] and len(standing["by"]) >= standing["rounds"]


def workers_on(records: Records, module_id: str) -> set[str]:
    """The agents that have, or had, a module: whoever worked on it does not review it."""
    return {one["agent"] for one in records.where(ASSIGNMENT, module=module_id)}
