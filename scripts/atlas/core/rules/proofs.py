"""What a whole proof comes to, from what its checks came to and from the reviews of its commit."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import NamedTuple

from atlas.core.errors import AtlasError
from atlas.core.records.kinds import ASSIGNMENT, REVIEW, SETTINGS
from atlas.core.records.plan import Module
from atlas.core.records.protocol import Records
from atlas.core.records.rows import COULD_NOT_RUN, FAILED, FAILS_ON_BASE, FLAKY, PASSED, Check, Review
from atlas.core.results.proof import ReviewStanding
from atlas.core.text import one_line

from .understanding import criteria_by_id

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_OWNER = 100
_WORST_FIRST = (FAILED, FAILS_ON_BASE, FLAKY, COULD_NOT_RUN)


def proof_outcome(checks: Iterable[Check]) -> str:
    """The worst of what the checks came to; a flaky one that is in quarantine stands in nobody's way."""
    found = {check["outcome"] for check in checks if not check.get("quarantined_by")}
    return next((outcome for outcome in _WORST_FIRST if outcome in found), PASSED)


class Quarantine(NamedTuple):
    """That a check may be flaky up to and with a day in UTC, `YYYY-MM-DD`, and who answers for that."""

    owner: str
    until: str
    command: str

    @property
    def by(self) -> str:
        """Who answers for it, and until when."""
        return f"{self.owner}, until {self.until}"

    def is_over(self, now: str) -> bool:
        """Whether its last day has passed."""
        return self.until < now[:10]


def read_quarantine(entry: str) -> Quarantine:
    """The quarantine that a text `OWNER YYYY-MM-DD COMMAND` is about. Raises AtlasError when it is no such text."""
    what = f"checks.quarantine: {one_line(entry, 80)!r}"
    owner, until, command = (*entry.strip().split(maxsplit=2), "", "", "")[:3]
    if not owner or _DAY.fullmatch(owner) or len(owner) > _LONGEST_OWNER:
        raise AtlasError(f"{what} names no owner: give 'OWNER YYYY-MM-DD COMMAND'")
    try:
        datetime.date.fromisoformat(until if _DAY.fullmatch(until) else "")
    except ValueError:
        raise AtlasError(f"{what} has no end date, but {until[:40]!r}: give 'OWNER YYYY-MM-DD COMMAND'") from None
    if not command:
        raise AtlasError(f"{what} names no check: give 'OWNER YYYY-MM-DD COMMAND', with the whole command")
    return Quarantine(owner, until, command)


def quarantine_of(command: str, entries: Iterable[str], now: str) -> Quarantine | None:
    """The quarantine that a check is in now."""
    found = (read_quarantine(entry) for entry in entries)
    return next((one for one in found if one.command == command.strip() and not one.is_over(now)), None)


def reviews_of(records: Records, module: Module, commit: str) -> list[Review]:
    """The reviews that count for a commit of a module, oldest first: the latest of each reviewer.

    Those of another commit, or of criteria that were in other words, count no more.
    """
    latest: dict[tuple[str, str], Review] = {}
    for review in records.where(REVIEW, module=module["id"], commit=commit):
        if {one["id"]: one["criterion"] for one in review["criteria"]} == criteria_by_id(module):
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
