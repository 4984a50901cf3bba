"""Letting an agent begin, once it has repeated its task and its questions are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.letters import handshake, subjects
from atlas.core.records.kinds import ASSIGNMENT, QUESTION
from atlas.core.records.whole import whole_verification
from atlas.core.rules import understanding

from .lead_steps import NEXT_STEP, take_step
from .verification import tell_agent

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.results.understanding import VerificationStep
    from atlas.services.project.context import Context

_MOST = 10_000


def count_questions(
    context: Context, target: str, module_id: str | None, asked: int, answered: int
) -> VerificationStep:
    """Note how many questions were asked and answered in all, also elsewhere; the same numbers again change nothing.

    Raises AtlasError when that contradicts what ATLAS has recorded itself.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        verification = assignment["instruction_verification"]
        known = tx.where(QUESTION, task_uuid=assignment["task_uuid"])
        open_here = sum(question["answer"] is None for question in known)
        if not 0 <= answered <= asked <= _MOST or answered < len(known) - open_here or asked - answered < open_here:
            raise AtlasError(
                f"{asked} asked and {answered} answered cannot be: ATLAS has {len(known)} questions of {module['id']}, "
                f"{open_here} of them open (answer those with `atlas answer {module['id']} TEXT`)"
            )
        if (verification["questions_asked"], verification["questions_answered"]) == (asked, answered):
            return False
        verification.update({"questions_asked": asked, "questions_answered": answered})
        tx.emit("QuestionsCounted", module=module["id"], agent=assignment["agent"], asked=asked, answered=answered)
        tx.put(ASSIGNMENT, assignment)
        return True

    return take_step(context, target, module_id, change)


def authorize_agent(context: Context, target: str, module_id: str | None) -> VerificationStep:
    """Let an agent begin, once its repetition is confirmed and every question answered; again changes nothing.

    Raises AtlasError when one of these is missing.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        verification = assignment["instruction_verification"]
        waits = understanding.waits_for(verification)
        if waits == understanding.NOTHING:
            return False
        if waits == understanding.REPEAT:
            raise AtlasError(f"{assignment['agent']} has not repeated {module['id']} correctly yet: wait for that")
        if waits != understanding.AUTHORIZE:
            raise AtlasError(f"{assignment['agent']} may not begin yet: {NEXT_STEP[waits].format(module['id'])}")
        verification.update({"status": "verified", "authorized_at": tx.at})
        tx.put(ASSIGNMENT, assignment)
        tx.emit("AgentAuthorized", module=module["id"], agent=assignment["agent"])
        body = handshake.authorized_body(module, whole_verification(tx, assignment))
        tell_agent(tx, assignment, subjects.authorized_subject(module, assignment["task_uuid"]), body)
        return True

    return take_step(context, target, module_id, change)
