"""The lead's part of instruction verification: confirming or correcting a repetition, answering, authorising.

What agents say of their instructions is in `instructions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.letters import handshake, subjects
from atlas.core.records.assignment import Assignment, Question
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MESSAGE, MODULE
from atlas.core.records.message import IN_OUTBOX, Message
from atlas.core.records.plan import Module
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.results.understanding import AnswerResult, Verifications, VerificationStep
from atlas.core.rules import roles, understanding
from atlas.core.text import one_line
from atlas.services.assignments import assignments
from atlas.services.project.context import Context
from atlas.services.project.phases import executing, orchestration

from .repetition import LONGEST_TEXT, require_ai, result, say, tell_wrong

_MOST = 10_000
Change = Callable[[Transaction, Module, Assignment], bool]
"""A step for an assignment; returns whether anything was changed."""


def status(context: Context, module_id: str | None) -> Verifications:
    """How the verification of every live assignment of an AI agent stands, or only that of a module's.

    Raises AtlasError when nobody has that module.
    """

    def run(tx: Transaction, actor: roles.Actor) -> Verifications:
        orchestration(tx)
        if module_id is not None:
            return {"verifications": [result(*assignments.live_assignment(tx, module_id))]}
        live = tx.where(ASSIGNMENT, status=LIVE, agent_type=AI)
        return {"verifications": [result(tx.need(MODULE, a["module"]), a) for a in live]}

    return context.read("verify-instructions", run)


def request(context: Context, target: str, module_id: str | None) -> VerificationStep:
    """Ask an agent, once more, to repeat its task; while it has not read the last such request nothing is sent.

    Raises AtlasError when it is not for the agent to say something.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        waits = understanding.waits_for(assignment["instruction_verification"])
        if waits != understanding.REPEAT:
            raise AtlasError(f"{assignment['agent']} has repeated {module['id']}: {_NEXT[waits].format(module['id'])}")
        subject = subjects.repetition_subject(module, assignment["task_uuid"])
        if any(_is_unread(message, assignment, subject) for message in tx.all(MESSAGE)):
            return False
        say(tx, assignment, subject, handshake.repetition_body(module))
        return True

    return _act(context, target, module_id, change)


_NEXT = {
    understanding.JUDGE: "confirm or correct it: atlas verify-instructions record-repetition {0} --correct",
    understanding.ANSWER: "answer its questions: atlas answer {0} TEXT",
    understanding.AUTHORIZE: "authorise it: atlas verify-instructions authorize {0}",
    understanding.NOTHING: "it is authorised",
}


def _is_unread(message: Message, assignment: Assignment, subject: str) -> bool:
    about = (message["task_uuid"], message["subject"]) == (assignment["task_uuid"], one_line(subject))
    return about and message["status"] in (*IN_OUTBOX, "sent")


def show(context: Context, target: str, module_id: str | None) -> VerificationStep:
    """What an agent said last. Raises AtlasError when it has said nothing."""

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        if assignment["instruction_verification"]["status"] != "verified":
            _require_repetition(assignment)
        return False

    return _act(context, target, module_id, change)


def judge(context: Context, target: str, module_id: str | None, correction: str | None) -> VerificationStep:
    """Confirm the repetition of an agent, or with a `correction` say what is wrong about it; again changes nothing.

    Raises AtlasError when there is no repetition to judge, or the agent is authorised already.
    """
    if correction is not None and not 0 < len(correction.strip()) <= LONGEST_TEXT:
        raise AtlasError(f"--wrong is empty or longer than {LONGEST_TEXT} characters: say what is wrong")
    return _act(context, target, module_id, _confirm if correction is None else _correct(correction))


def _confirm(tx: Transaction, module: Module, assignment: Assignment) -> bool:
    verification = assignment["instruction_verification"]
    if verification["repetition_correct"]:
        return False
    _require_repetition(assignment)
    if verification["findings"]:
        raise AtlasError(f"that repetition of {module['id']} cannot be right: {'; '.join(verification['findings'])}")
    verification.update({"status": "questioning", "repetition_correct": True, "correction": None})
    tx.put(ASSIGNMENT, assignment)
    body = handshake.confirmed_body(module)
    say(tx, assignment, subjects.clarification_subject(module, assignment["task_uuid"]), body)
    return True


def _correct(correction: str) -> Change:
    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        verification = assignment["instruction_verification"]
        if verification["correction"] == correction:
            return False
        _require_repetition(assignment)
        if understanding.waits_for(verification) == understanding.REPEAT:
            raise AtlasError(f"{assignment['agent']} was corrected already: wait until it has repeated {module['id']}")
        verification.update({"status": "correcting", "repetition_correct": False, "correction": correction})
        tx.put(ASSIGNMENT, assignment)
        tell_wrong(tx, module, assignment)
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


def count_questions(
    context: Context, target: str, module_id: str | None, asked: int, answered: int
) -> VerificationStep:
    """Note how many questions were asked and answered in all, also elsewhere; the same numbers again change nothing.

    Raises AtlasError when that contradicts what ATLAS has recorded itself.
    """

    def change(tx: Transaction, module: Module, assignment: Assignment) -> bool:
        verification = assignment["instruction_verification"]
        known = verification["questions"]
        open_here = sum(question["answer"] is None for question in known)
        if not 0 <= answered <= asked <= _MOST or answered < len(known) - open_here or asked - answered < open_here:
            raise AtlasError(
                f"{asked} asked and {answered} answered cannot be: ATLAS has {len(known)} questions of {module['id']}, "
                f"{open_here} of them open (answer those with `atlas answer {module['id']} TEXT`)"
            )
        if (verification["questions_asked"], verification["questions_answered"]) == (asked, answered):
            return False
        verification.update({"questions_asked": asked, "questions_answered": answered})
        tx.put(ASSIGNMENT, assignment)
        return True

    return _act(context, target, module_id, change)


def authorize(context: Context, target: str, module_id: str | None) -> VerificationStep:
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
            raise AtlasError(f"{assignment['agent']} may not begin yet: {_NEXT[waits].format(module['id'])}")
        verification.update({"status": "verified", "authorized_at": tx.at})
        tx.put(ASSIGNMENT, assignment)
        body = handshake.authorized_body(module, verification)
        say(tx, assignment, subjects.authorized_subject(module, assignment["task_uuid"]), body)
        return True

    return _act(context, target, module_id, change)


def answer(context: Context, module_id: str, question_id: str | None, text: str) -> AnswerResult:
    """Answer a question about a module, the only open one unless it is named; the same answer again changes nothing.

    Raises AtlasError when there is no such question, it has another answer, or the text is empty or too long.
    """
    if not 0 < len(text.strip()) <= LONGEST_TEXT or (question_id is None and re.fullmatch("q[0-9]+", text)):
        raise AtlasError(f"say the answer, of at most {LONGEST_TEXT} characters: atlas answer MODULE [QUESTION] TEXT")

    def run(tx: Transaction, actor: roles.Actor) -> AnswerResult:
        executing(tx)
        module, assignment = assignments.live_assignment(tx, module_id)
        require_ai(assignment)
        verification = assignment["instruction_verification"]
        question = _question(module_id, verification["questions"], question_id, text)
        if question["answer"] is None:
            question["answer"], question["answered_at"] = text, tx.at
            verification["questions_answered"] += 1
            tx.put(ASSIGNMENT, assignment)
            subject = subjects.clarification_subject(module, assignment["task_uuid"])
            say(tx, assignment, subject, handshake.answer_body(module, question))
        elif question["answer"] != text:
            raise AtlasError(f"{question['id']} of {module_id} is answered already: add to it with `atlas notify`")
        return {**result(module, assignment), "question": question}

    return context.transact("answer", run)


def _question(module_id: str, questions: list[Question], question_id: str | None, text: str) -> Question:
    unanswered = [question for question in questions if question["answer"] is None]
    chosen = [question for question in questions if question["id"] == question_id]
    if question_id is None:
        chosen = unanswered or [question for question in questions if question["answer"] == text]
    if len(chosen) == 1:
        return chosen[0]
    known = ", ".join(question["id"] for question in unanswered) or "none"
    named = f"no question {question_id[:40]!r}" if question_id else f"{len(unanswered)} open questions"
    raise AtlasError(f"{module_id} has {named}: open are {known}, say which: atlas answer {module_id} QUESTION TEXT")


def _act(context: Context, target: str, module_id: str | None, change: Change) -> VerificationStep:
    def run(tx: Transaction, actor: roles.Actor) -> VerificationStep:
        executing(tx)
        module, assignment = _subject(tx, target, module_id)
        require_ai(assignment)
        changed = change(tx, module, assignment)
        return {**result(module, tx.need(ASSIGNMENT, assignment["task_uuid"])), "changed": changed}

    return context.transact("verify-instructions", run)


def _subject(tx: Transaction, target: str, module_id: str | None) -> tuple[Module, Assignment]:
    """The live assignment that the id of an agent or a module stands for. Raises AtlasError unless there is one."""
    named = [a for a in tx.where(ASSIGNMENT, status=LIVE) if target in (a["agent"], a["module"])]
    chosen = [a for a in named if module_id in (None, a["module"])]
    if len(chosen) == 1:
        return tx.need(MODULE, chosen[0]["module"]), chosen[0]
    if tx.get(AGENT, target) is None and tx.get(MODULE, target) is None:
        raise AtlasError(f"{target[:80]!r} is neither an agent nor a module: `atlas status` shows both")
    which = ", ".join(sorted(a["module"] for a in named)) or "none"
    raise AtlasError(f"{target} stands for {len(chosen)} assignments (modules: {which}): say which with --module")
