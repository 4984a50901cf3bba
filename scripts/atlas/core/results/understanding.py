"""Results about whether agents have understood their tasks: `verify-instructions`, `repeat`, `ask` and `answer`."""

from __future__ import annotations

from typing import Literal, TypedDict

from atlas.core.records.rows import QuestionContents
from atlas.core.records.whole import WholeVerification

WaitsFor = Literal["repeat", "judge", "answer", "authorize", "nothing"]


class Standing(TypedDict):
    """How the verification of an assignment stands, and what it waits for.

    `repeat` is the agent's to do; `judge`, `answer` and `authorize` are the lead's; it waits for `nothing` when the
    agent is authorised. `criteria` are those of the module by the ids that they go by. `returned` says that too many
    attempts were wrong, so that the module is in the pool again.
    """

    module: str
    agent: str
    task_uuid: str
    verification: WholeVerification
    waits_for: WaitsFor
    criteria: dict[str, str]
    returned: bool
    attempts_left: int


class RepeatResult(Standing):
    """How the verification stands after a repetition. What ATLAS found wrong is in the verification's `findings`."""


class AskResult(Standing):
    """The question that was recorded, now or before, with its answer if it has one, and how the verification stands."""

    question: QuestionContents


class AnswerResult(Standing):
    """The question with its answer, and how the verification stands."""

    question: QuestionContents


class VerificationStep(Standing):
    """How the verification stands after a step of the lead; `changed` is false when nothing was left to do for it."""

    changed: bool


class Verifications(TypedDict):
    """How the verification of each live assignment of an AI agent stands, or only that of one module."""

    verifications: list[Standing]


VerifyInstructionsResult = VerificationStep | Verifications
