"""Records of a module in an agent's hands: its understanding, polling, updates."""

from __future__ import annotations

from typing import Literal, TypedDict, get_args

ReportKind = Literal["started", "progress", "blocked", "done"]
REPORTS: tuple[ReportKind, ...] = get_args(ReportKind)
UPDATES = (
    "requirement_change",
    "design_update",
    "spec_clarification",
    "priority_change",
    "scope_change",
    "config_update",
)
UPDATE_STEPS = ("sent", "received", "assessed", "resolved", "resumed")
"""How far an update of the instructions has come, in this order."""
SIGNS = ("report", "response", "verification", "update", "activity")
"""Of life: what the agent said itself, or what ATLAS saw of its work."""


class VerificationFields(TypedDict):
    """Whether an agent has understood its task. What the latest repetition got wrong is in `findings`, which are
    ATLAS's own, and in `correction`, the lead's. The counters also hold questions that were asked elsewhere.
    """

    status: str
    repetition_received: bool
    repetition_correct: bool
    questions_asked: int
    questions_answered: int
    authorized_at: str | None
    attempts: int
    findings: list[str]
    correction: str | None


class Verification(VerificationFields):
    """The verification as it is stored; `repetition` is the row of the latest repetition."""

    repetition: str | None


def new_verification(*, authorized_at: str | None = None) -> Verification:
    """How the verification of a new assignment begins; for somebody who is authorised from the start it ends there."""
    return {
        "status": "verified" if authorized_at else "awaiting_repetition",
        "repetition_received": False,
        "repetition_correct": False,
        "questions_asked": 0,
        "questions_answered": 0,
        "authorized_at": authorized_at,
        "attempts": 0,
        "repetition": None,
        "findings": [],
        "correction": None,
    }


class Heard(TypedDict):
    """The last sign of life of an agent; `how` is one of SIGNS."""

    at: str
    how: str
    what: str


class Polling(TypedDict):
    """`next_poll_due` is None while nobody is to be asked: a person, work that is reported, an agent given up on."""

    last_poll: str | None
    poll_count: int
    next_poll_due: str | None
    heard: Heard | None
    escalated_at: str | None


def new_polling(*, next_poll_due: str | None) -> Polling:
    """The polling of a new assignment, of which nobody has been asked yet."""
    return {
        "last_poll": None,
        "poll_count": 0,
        "next_poll_due": next_poll_due,
        "heard": None,
        "escalated_at": None,
    }


class Concern(TypedDict):
    """What speaks against an update, in the agent's words; `resolution` is None while nobody has answered."""

    text: str
    resolution: str | None


class Update(TypedDict):
    """A change of the instructions during the work. Unless it is `minor`, nobody edits until it is resumed.

    `told` is the interrupt or message that told the agent; `answers` are those to the questions of feasibility.
    """

    id: str
    type: str
    text: str
    minor: bool
    at: str
    by: str
    told: str
    status: str
    received_at: str | None
    answers: list[str]
    concerns: list[Concern]
    resumed_at: str | None


def new_update(*, id: str, type: str, text: str, minor: bool, at: str, by: str, told: str = "none") -> Update:
    """An update that the agent has not received yet; `told` is known once the agent is told."""
    return {
        "id": id,
        "type": type,
        "text": text,
        "minor": minor,
        "at": at,
        "by": by,
        "told": told,
        "status": "sent",
        "received_at": None,
        "answers": [],
        "concerns": [],
        "resumed_at": None,
    }


class Handover(TypedDict):
    """The agent was told to stop, since `to` gets the module: at `until` it is taken away, receipt or not.

    `told` are the interrupts or messages that said so; `saved` is the commit that then held all of the work.
    """

    to: str
    at: str
    until: str
    told: list[str]
    saved: str | None


def new_handover(*, to: str, at: str, until: str, told: list[str]) -> Handover:
    """A handover that has just been announced, before any work was saved."""
    return {"to": to, "at": at, "until": until, "told": told, "saved": None}


class Reported(TypedDict):
    """The latest report: its number among those about the assignment, the change that made it, when, and its kind."""

    number: int
    seq: int
    at: str
    kind: str


class AssignmentFields(TypedDict):
    """A module in the hands of an agent, from `assigned` to `complete` or `released`.

    `continues` is the commit with the work of those who had the module before.
    """

    task_uuid: str
    agent: str
    agent_type: str
    module: str
    github_issue: str | None
    assigned_at: str
    status: str
    ended_at: str | None
    instruction_updates: list[Update]
    handover: Handover | None
    continues: str | None


class Assignment(AssignmentFields):
    """An assignment as it is stored. What was said about it are rows; `reported` is the latest report.

    `seq` is the number of the change that gave the module to the agent.
    """

    seq: int
    instruction_verification: Verification
    progress_polling: Polling
    reported: Reported | None


def new_assignment(
    *,
    task_uuid: str,
    seq: int,
    agent: str,
    agent_type: str,
    module: str,
    github_issue: str | None,
    assigned_at: str,
    verification: Verification,
    polling: Polling,
    continues: str | None = None,
) -> Assignment:
    """An assignment on which no work has begun."""
    return {
        "task_uuid": task_uuid,
        "seq": seq,
        "agent": agent,
        "agent_type": agent_type,
        "module": module,
        "github_issue": github_issue,
        "assigned_at": assigned_at,
        "status": "assigned",
        "ended_at": None,
        "instruction_verification": verification,
        "progress_polling": polling,
        "instruction_updates": [],
        "handover": None,
        "continues": continues,
        "reported": None,
    }


def report_count(assignment: Assignment) -> int:
    """How many reports there are about an assignment."""
    return assignment["reported"]["number"] if assignment["reported"] else 0


def has_words(assignment: Assignment) -> bool:
    """Whether there may be reports, repetitions or questions of an assignment."""
    verification = assignment["instruction_verification"]
    return bool(assignment["reported"] or verification["repetition"] or verification["questions_asked"])
