"""The lead's word on a repetition: asked for, read, confirmed or corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.letters import handshake, subjects
from atlas.core.records.kinds import ASSIGNMENT, MESSAGE
from atlas.core.records.message import IN_OUTBOX, Message
from atlas.core.rules import understanding
from atlas.core.text import one_line

from .correction import tell_repetition_wrong
from .lead_steps import NEXT_STEP, Change, take_step
from .verification import LONGEST_TEXT, tell_agent

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.results.understanding import VerificationStep
    from atlas.services.project.context import Context


def request_repetition(context: Context, target: str, module_id: str | None) -> VerificationStep:
    """Ask an agent, once more, to repeat its task; while it has not read the last such request nothing is sent.

    Raises AtlasError when it is not for the agent to say something.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        waits = understanding.waits_for(assignment["instruction_verification"])
        if waits != understanding.REPEAT:
            raise AtlasError(
                f"{assignment['agent']} has repeated {module['id']}: {NEXT_STEP[waits].format(module['id'])}"
            )
        subject = subjects.repetition_subject(module, assignment["task_uuid"])
        if any(_is_unread(message, assignment, subject) for message in tx.all(MESSAGE)):
            return False
        tx.emit("RepetitionRequested", module=module["id"], agent=assignment["agent"])
        tell_agent(tx, assignment, subject, handshake.repetition_body(module))
        return True

    return take_step(context, target, module_id, change)


def _is_unread(message: Message, assignment: Assignment, subject: str) -> bool:
    about = (message["task_uuid"], message["subject"]) == (assignment["task_uuid"], one_line(subject))
    return about and message["status"] in (*IN_OUTBOX, "sent")


def show_repetition(context: Context, target: str, module_id: str | None) -> VerificationStep:
    """What an agent said last. Raises AtlasError when it has said nothing."""

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        if assignment["instruction_verification"]["status"] != "verified":
            _require_repetition(assignment)
        return False

    return take_step(context, target, module_id, change)


def judge_repetition(context: Context, target: str, module_id: str | None, correction: str | None) -> VerificationStep:
    """Confirm the repetition of an agent, or with a `correction` say what is wrong about it; again changes nothing.

    Raises AtlasError when there is no repetition to judge, or the agent is authorised already.
    """
    if correction is not None and not 0 < len(correction.strip()) <= LONGEST_TEXT:
        raise AtlasError(f"--wrong is empty or longer than {LONGEST_TEXT} characters: say what is wrong")
    return take_step(
        context, target, module_id, _confirm_repetition if correction is None else _correct_repetition(correction)
    )


def _confirm_repetition(tx: Transaction, module: Module, assignment: Assignment) -> bool:
    verification = assignment["instruction_verification"]
    if verification["repetition_correct"]:
        return False
    _require_repetition(assignment)
    if verification["findings"]:
        raise AtlasError(f"that repetition of {module['id']} cannot be right: {'; '.join(verification['findings'])}")
    verification.update({"status": "questioning", "repetition_correct": True, "correction": None})
    tx.put(ASSIGNMENT, assignment)
    tx.emit("RepetitionConfirmed", module=module["id"], agent=assignment["agent"])
    body = handshake.confirmed_body(module)
    tell_agent(tx, assignment, subjects.clarification_subject(module, assignment["task_uuid"]), body)
    return True


def _correct_repetition(correction: str) -> Change:
    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        verification = assignment["instruction_verification"]
        if verification["correction"] == correction:
            return False
        _require_repetition(assignment)
        if understanding.waits_for(verification) == understanding.REPEAT:
            raise AtlasError(f"{assignment['agent']} was corrected already: wait until it has repeated {module['id']}")
        verification.update({"status": "correcting", "repetition_correct": False, "correction": correction})
        tx.put(ASSIGNMENT, assignment)
        tx.emit("RepetitionCorrected", module=module["id"], agent=assignment["agent"], text=correction)
        tell_repetition_wrong(tx, module, assignment)
        return True

    return change


def _require_repetition(assignment: Assignment) -> None:
    verification, agent, module = assignment["instruction_verification"], assignment["agent"], assignment["module"]
    if verification["status"] == "verified":
        raise AtlasError(f"{agent} is authorised already: `atlas modify` changes the task, `atlas interrupt` stops it")
    if verification["repetition"] is None:
        raise AtlasError(
            f"{agent} has not repeated {module} yet: ask it with `atlas verify-instructions ask {agent}`, or write "
            f"down what it said elsewhere with `atlas repeat {module}`"
        )
