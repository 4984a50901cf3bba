"""How well agents have understood their instructions, as text. What they say is data, behind a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.letters import handshake
from atlas.core.text import mark_lines, one_line, quote_under

if TYPE_CHECKING:
    from atlas.core.results.understanding import (
        AnswerResult,
        AskResult,
        RepeatResult,
        Standing,
        Verifications,
        VerificationStep,
    )

_WAITS = {
    "repeat": "waits for {agent} to repeat {module}",
    "judge": "{agent} has repeated {module}. "
    "Next: atlas verify-instructions record-repetition {module} --correct (or --wrong TEXT)",
    "answer": "the repetition of {module} is confirmed; {open} of its questions open. Next: atlas answer {module} TEXT",
    "authorize": "the repetition of {module} is confirmed, no question is open. "
    "Next: atlas verify-instructions authorize {module}",
    "nothing": "{agent} is authorised to work on {module} since {since}",
}


def render_repetition(result: RepeatResult) -> str:
    """For the agent: whether its repetition agrees with the module, and what comes next."""
    verification, module = result["verification"], result["module"]
    if result["waits_for"] == "judge":
        return (
            f"Recorded: attempt {verification['attempts']} to repeat {module}. The lead confirms or corrects it; "
            "until your mail says AUTHORIZED TO PROCEED, edit nothing."
        )
    if result["waits_for"] != "repeat":
        return f"{module}: that repetition is confirmed already. {_standing_line(result)}"
    wrong = [mark_lines(one_line(finding, 600)) for finding in verification["findings"]]
    wrong += [f"The lead said:\n{mark_lines(verification['correction'])}"] if verification["correction"] else []
    if result["returned"]:
        last = f"That was the last attempt: {module} was taken back. Stop working on it, and read your mail."
    else:
        last = f"Repeat it again; attempts left: {result['attempts_left']}. Edit nothing until then."
    return "\n".join([f"Attempt {verification['attempts']} to repeat {module} is not right:", *wrong, last])


def render_question(result: AskResult) -> str:
    """The line that an agent sees after its question was recorded."""
    question = result["question"]
    answer = f"\nIt is answered:\n{mark_lines(question['answer'])}" if question["answer"] is not None else ""
    where = f"the answer comes to {result['agent']}'s mailbox"
    return f"{question['id']} of {result['module']} is recorded; {where}.{answer}"


def render_answer(result: AnswerResult) -> str:
    """The line that the lead sees after its answer was recorded."""
    question = result["question"]
    return f"{question['id']} of {result['module']} is answered; {result['agent']} is told.\n{_standing_line(result)}"


def render_understanding(result: Verifications) -> str:
    """The lead's view of an agent's understanding, with the agent's words marked as data."""
    found = result["verifications"]
    return "\n\n".join(map(_detail_lines, found)) if found else "No AI agent has a module: there is nothing to verify."


def render_verification(action: str, result: VerificationStep) -> str:
    """What one of the lead's steps came to."""
    verification = result["verification"]
    if result["returned"]:
        return (
            f"That was attempt {verification['attempts']}: {result['module']} is in the pool again, and "
            f"{result['agent']} is told to stop. Tell the person."
        )
    if action == "ask":
        sent = "is asked to repeat" if result["changed"] else "was asked already, and has not read it yet, to repeat"
        return f"{result['agent']} {sent} {result['module']}."
    if action == "record-repetition" and verification["correction"] is not None:
        return f"{result['agent']} is told what is wrong; attempts left: {result['attempts_left']}."
    return _detail_lines(result) if action == "record-repetition" else _standing_line(result)


def _detail_lines(result: Standing) -> str:
    verification = result["verification"]
    lines = [_standing_line(result)]
    if verification["repetition"] is not None:
        by, at = verification["repetition"]["by"], verification["repetition"]["at"]
        lines += [
            f"Attempt {verification['attempts']}, by {by} at {at}:",
            handshake.repetition_text(verification["repetition"]),
        ]
        lines += ["The module's criteria:", *(f"  {name}: {one_line(c)}" for name, c in result["criteria"].items())]
    lines += [quote_under("ATLAS found", finding, 600) for finding in verification["findings"]]
    lines += ["Corrected:", mark_lines(verification["correction"])] if verification["correction"] else []
    for question in verification["questions"]:
        how = "open" if question["answer"] is None else "answered"
        lines += [f"{question['id']}, {how}:", mark_lines(question["text"])]
    return "\n".join(lines)


def _standing_line(result: Standing) -> str:
    verification = result["verification"]
    return _WAITS[result["waits_for"]].format(
        agent=result["agent"],
        module=result["module"],
        open=verification["questions_asked"] - verification["questions_answered"],
        since=verification["authorized_at"],
    )
