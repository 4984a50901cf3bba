"""The result of proving a module and landing it: what `verify` and `complete` answer."""

from __future__ import annotations

from typing import TypedDict, final

from atlas.core.records.rows import EvidenceContents, ReviewContents


class ReviewStanding(TypedDict):
    """How far the reviews of a module's commit are: `by` are those who found every criterion met, `unmet` the criteria
    that somebody did not. `rounds` reviews are wanted.
    """

    module: str
    commit: str
    rounds: int
    by: list[str]
    unmet: list[str]


class WaitingReviews(ReviewStanding):
    """A module that waits for reviews; `waits` says for whose, in words that go on from its name."""

    waits: str


class _NotPassed(TypedDict, total=False):
    integration_branch: str
    reviews: ReviewStanding


class CompleteResult(_NotPassed):
    """What came of a module's proof, and of landing it when everything passed.

    `conflicts` are the files that conflict with the `integration_branch`, which is named when it did not pass.
    `reviews` are named when they keep it from landing.
    `untracked` are new paths beside the work that git does not track: no check saw them. `all_complete` says that the
    orchestration is over.
    """

    module: str
    passed: bool
    complete: bool
    evidence: EvidenceContents
    conflicts: list[str]
    untracked: list[str]
    all_complete: bool


class VerifyResult(CompleteResult):
    """What came of a module's proof alone: it is never `complete` by that."""


class ExportedReceipt(TypedDict):
    """A statement that was written: of which module and merge commit, and where it is."""

    module: str
    commit: str
    file: str


class ReceiptFault(TypedDict):
    """What does not hold, of a commit or of a file."""

    commit: str | None
    file: str | None
    fault: str


class ReceiptsResult(TypedDict):
    """How many receipts hold, the `files` that were written, and what does not hold.

    `without` are modules that are complete here and have no receipt.
    """

    checked: int
    files: list[ExportedReceipt]
    without: list[str]
    faults: list[ReceiptFault]


class Criterion(TypedDict):
    """A criterion that a review has to answer."""

    id: str
    criterion: str


@final
class ReviewShown(TypedDict):
    """What is to be reviewed: the commit whose checks passed, and the `reviews` of it that there are.

    `base` is the commit of the integration branch that it was merged with. `folder` is a checkout of the commit, which
    stays as it is until the next review of the module.
    """

    module: str
    commit: str
    base: str
    folder: str
    criteria: list[Criterion]
    reviews: list[ReviewContents]
    standing: ReviewStanding


@final
class Reviewed(TypedDict):
    """A review that was recorded; `passed` says that it found every criterion met."""

    module: str
    passed: bool
    review: ReviewContents
    standing: ReviewStanding


ReviewResult = ReviewShown | Reviewed
