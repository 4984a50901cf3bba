"""Records that come one by one as work goes on, a row each: what was said about an assignment, what proves a module.

The row keeps the name of what it belongs to and the number of the change that made it, so that a change costs what it
changes, however much there was before. The contents of a row are what answers show of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

OF_ROW = frozenset(("row", "task_uuid", "module", "seq"))
"""The fields of a row that are not its contents."""


PASSED, FAILED, COULD_NOT_RUN, FLAKY, FAILS_ON_BASE = (
    "passed",
    "failed",
    "could_not_run",
    "flaky",
    "fails_on_base",
)
"""What a check comes to: `flaky` failed, then passed on the same tree; `fails_on_base` fails without the work, too."""
CONFLICT = "conflict"
"""What a proof comes to, beside these, when there is no tree for checks to run on."""


class _OfAssignment(TypedDict):
    """`seq` is the number of the change that made the row."""

    row: str
    task_uuid: str
    seq: int


class ReportContents(TypedDict):
    """What an agent said of its work, in its own words."""

    at: str
    kind: str
    by: str
    text: str


class Report(_OfAssignment, ReportContents):
    """A report about an assignment."""


class RepetitionContents(TypedDict):
    """What an agent will do, in its own words: criteria by their ids, and files that it expects to touch."""

    at: str
    by: str
    criteria: list[str]
    files: list[str]
    out_of_scope: str
    evidence: str
    text: str


class Repetition(_OfAssignment, RepetitionContents):
    """A repetition of the task of an assignment."""


class QuestionContents(TypedDict):
    """What an agent asked about its task; `answer` is None while nobody has answered. `id` counts from q1 on."""

    id: str
    text: str
    asked_at: str
    answer: str | None
    answered_at: str | None


class Question(_OfAssignment, QuestionContents):
    """A question about the task of an assignment."""


class PollContents(TypedDict):
    """A question how it stands. It counts from `sent_at` on; `answered_by` is one of SIGNS, `answer` the words."""

    number: int
    at: str
    message: str
    priority: str
    sent_at: str | None
    answered_at: str | None
    answered_by: str | None
    answer: str


class Poll(_OfAssignment, PollContents):
    """A poll about an assignment."""


class _Ending(TypedDict, total=False):
    output_sha256: str
    stopped: str | None


class CheckRun(_Ending):
    """A command as it ran. `exit_code` is None when it was `stopped`: at its limit of "time", "output" or "disk", or
    "killed" because the helper process that it ran under was.

    `output_sha256` is of all that it printed. Runs of the version before have neither.
    """

    command: str
    exit_code: int | None
    seconds: float
    output_tail: str


class Check(CheckRun, total=False):
    """A check and what it came to: `outcome` is one of core.rules.outcomes, `why` says it in words.

    `first` is the earlier run of one that failed before it passed. `cached_at` is when a green result was seen that
    was taken in the place of another run. `quarantined_by` says who answers for a flaky one that does not stop a
    landing, and until when. Evidence of the version before has none of these.
    """

    outcome: str
    why: str | None
    first: CheckRun | None
    cached_at: str | None
    quarantined_by: str | None


class _Proof(TypedDict, total=False):
    """On what the checks ran: the tree of the module's commit merged with the commit `base` of the integration branch.

    Evidence of the version before has none of these: its checks ran on the commit alone. `conflicts` are the files
    that could not be merged, so that no check ran.
    """

    base: str
    tree: str | None
    outcome: str
    conflicts: list[str]


class EvidenceContents(_Proof):
    """What ATLAS itself saw when a module was checked; `integrated` is where the integration branch got it.

    `reason` stands in the place of checks, `no_commit` says why no commit was needed, and `override` is the word of a
    person who let the module pass although a condition was not met.
    """

    commit: str
    integrated: str | None
    at: str
    passed: bool
    reason: str | None
    no_commit: str | None
    override: str | None
    checks: list[Check]


class Evidence(EvidenceContents):
    """Evidence about a module; `seq` is the number of the change that made the row."""

    row: str
    module: str
    seq: int


class Finding(TypedDict):
    """Whether a criterion, in these words, is met: `where` is FILE:LINE or a test's name, `text` may say more."""

    id: str
    criterion: str
    met: bool
    where: str
    text: str


class ReviewContents(TypedDict):
    """What a reviewer found in a commit, criterion by criterion.

    `by` has the `role`; it is the agent, the address of a person in git, or the lead's subagent, whose `call` of ATLAS
    the hook saw: the id of that tool call, None for others. `round` counts the reviewers of the commit.
    """

    at: str
    commit: str
    by: str
    role: str
    call: str | None
    round: int
    criteria: list[Finding]
    text: str


class Review(_OfAssignment, ReviewContents):
    """A review of what an agent made of a module."""

    module: str


def new_review(*, task_uuid: str, module: str, seq: int, contents: ReviewContents) -> Review:
    """The review that a change records."""
    return {"row": f"{task_uuid}-review-{seq}", "task_uuid": task_uuid, "module": module, "seq": seq, **contents}


def new_report(*, task_uuid: str, seq: int, number: int, contents: ReportContents) -> Report:
    """The `number`-th report about an assignment."""
    return {"row": f"{task_uuid}-report-{number}", "task_uuid": task_uuid, "seq": seq, **contents}


def new_repetition(*, task_uuid: str, seq: int, number: int, contents: RepetitionContents) -> Repetition:
    """The `number`-th repetition of an assignment."""
    return {"row": f"{task_uuid}-repetition-{number}", "task_uuid": task_uuid, "seq": seq, **contents}


def new_question(*, task_uuid: str, seq: int, id: str, text: str, asked_at: str) -> Question:
    """A question without an answer."""
    return {
        "row": f"{task_uuid}-question-{id}",
        "task_uuid": task_uuid,
        "seq": seq,
        "id": id,
        "text": text,
        "asked_at": asked_at,
        "answer": None,
        "answered_at": None,
    }


def new_poll(*, task_uuid: str, seq: int, number: int, at: str, message: str, priority: str) -> Poll:
    """A poll that is on its way by this message, and has not gone out yet."""
    return {
        "row": f"{task_uuid}-poll-{number}",
        "task_uuid": task_uuid,
        "seq": seq,
        "number": number,
        "at": at,
        "message": message,
        "priority": priority,
        "sent_at": None,
        "answered_at": None,
        "answered_by": None,
        "answer": "",
    }


def evidence_contents(
    *,
    commit: str,
    base: str,
    tree: str | None,
    outcome: str,
    checks: list[Check],
    conflicts: list[str],
    reason: str | None = None,
    no_commit: str | None = None,
    override: str | None = None,
) -> EvidenceContents:
    """Evidence that is not integrated; its time is set when it is recorded."""
    return {
        "commit": commit,
        "base": base,
        "tree": tree,
        "integrated": None,
        "at": "",
        "passed": outcome == "passed",
        "outcome": outcome,
        "reason": reason,
        "no_commit": no_commit,
        "override": override,
        "checks": checks,
        "conflicts": conflicts,
    }


def evidence_row(number: int) -> str:
    """The key of the evidence with a number."""
    return f"evidence-{number}"


def new_evidence(*, module: str, seq: int, number: int, contents: EvidenceContents) -> Evidence:
    """The evidence with this `number`, which no other has."""
    return {"row": evidence_row(number), "module": module, "seq": seq, **contents}


def contents_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says, without where it belongs."""
    return {name: value for name, value in row.items() if name not in OF_ROW}
