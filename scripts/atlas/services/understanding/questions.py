"""Questions about a module: agents ask them, the lead answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from atlas.core.errors import AtlasError
from atlas.core.letters import handshake, subjects
from atlas.core.records.kinds import ASSIGNMENT, QUESTION
from atlas.core.records.rows import Question, contents_of, new_question
from atlas.core.rules import roles
from atlas.core.text import name_known
from atlas.services.assignments import assignments
from atlas.services.project.phases import executing_workflow

from .verification import LONGEST_TEXT, LONGEST_WORDS, note_sign_of_life, require_ai, tell_agent, understanding_result

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.rows import QuestionContents
    from atlas.core.results.understanding import AnswerResult, AskResult
    from atlas.services.project.context import Context

MOST_QUESTIONS = 50


def ask_question(context: Context, module_id: str, text: str) -> AskResult:
    """Record a question about a module, which its agent has; the same question again changes nothing.

    Raises AtlasError when it is blank or too long, there are too many, or the module is not the agent's.
    """
    if not text.strip():
        raise AtlasError("the question is empty: say what is unclear")
    if len(text) > LONGEST_WORDS:
        raise AtlasError(f"the question has {len(text)} characters: at most {LONGEST_WORDS}")

    def run(tx: Transaction, actor: roles.Actor) -> AskResult:
        executing_workflow(tx)
        module, assignment = assignments.live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        require_ai(assignment)
        before = tx.where(QUESTION, task_uuid=assignment["task_uuid"])
        asked = next((one for one in before if one["text"] == text), None)
        if asked is None:
            asked = _record_question(tx, assignment, before, text)
            assignment["instruction_verification"]["questions_asked"] += 1
            tx.emit("QuestionAsked", module=module_id, agent=assignment["agent"], question=asked["id"], text=text)
            note_sign_of_life(tx, assignment)
        contents = cast("QuestionContents", contents_of(asked))
        return {**understanding_result(tx, module, assignment), "question": contents}

    return context.transact("ask", run)


def _record_question(tx: Transaction, assignment: Assignment, before: list[Question], text: str) -> Question:
    if len(before) >= MOST_QUESTIONS:
        raise AtlasError(f"{MOST_QUESTIONS} questions were asked: report blocked, and say what you need")
    name, seq = f"q{len(before) + 1}", tx.seq + 1
    asked = new_question(task_uuid=assignment["task_uuid"], seq=seq, id=name, text=text, asked_at=tx.at)
    tx.put(QUESTION, asked)
    return asked


def answer_question(context: Context, module_id: str, question_id: str | None, text: str) -> AnswerResult:
    """Answer a question about a module, the only open one unless it is named; the same answer again changes nothing.

    Raises AtlasError when there is no such question, it has another answer, or the text is empty or too long.
    """
    if not 0 < len(text.strip()) <= LONGEST_TEXT or (question_id is None and re.fullmatch("q[0-9]+", text)):
        raise AtlasError(f"say the answer, of at most {LONGEST_TEXT} characters: atlas answer MODULE [QUESTION] TEXT")

    def run(tx: Transaction, actor: roles.Actor) -> AnswerResult:
        executing_workflow(tx)
        module, assignment = assignments.live_assignment(tx, module_id)
        require_ai(assignment)
        known = tx.where(QUESTION, task_uuid=assignment["task_uuid"])
        question = _find_question(module_id, known, question_id, text)
        if question["answer"] is None:
            question = tx.patch(QUESTION, question, answer=text, answered_at=tx.at)
            assignment["instruction_verification"]["questions_answered"] += 1
            tx.put(ASSIGNMENT, assignment)
            tx.emit("QuestionAnswered", module=module_id, agent=assignment["agent"], question=question["id"], text=text)
            subject = subjects.clarification_subject(module, assignment["task_uuid"])
            tell_agent(tx, assignment, subject, handshake.answer_body(module, question))
        elif question["answer"] != text:
            raise AtlasError(f"{question['id']} of {module_id} is answered already: add to it with `atlas notify`")
        contents = cast("QuestionContents", contents_of(question))
        return {**understanding_result(tx, module, assignment), "question": contents}

    return context.transact("answer", run)


def _find_question(module_id: str, questions: list[Question], question_id: str | None, text: str) -> Question:
    unanswered = [question for question in questions if question["answer"] is None]
    chosen = [question for question in questions if question["id"] == question_id]
    if question_id is None:
        chosen = unanswered or [question for question in questions if question["answer"] == text]
    if len(chosen) == 1:
        return chosen[0]
    known = name_known(question_id or "", [question["id"] for question in unanswered], "open are")
    named = f"no question {question_id[:40]!r}" if question_id else f"{len(unanswered)} open questions"
    raise AtlasError(f"{module_id} has {named}: {known}, say which: atlas answer {module_id} QUESTION TEXT")
