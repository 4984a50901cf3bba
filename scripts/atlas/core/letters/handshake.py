"""What ATLAS says to an agent until it may work, and to the lead about that: tasks, prompts, corrections, answers."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from atlas.core.records.assignment import Verification
from atlas.core.records.plan import Module
from atlas.core.records.rows import QuestionContents, RepetitionContents
from atlas.core.records.whole import WholeVerification
from atlas.core.rules.understanding import MOST_ATTEMPTS, criteria_by_id
from atlas.core.text import mark_lines, number_items, one_line

from .subjects import task_subject, understanding_subject

ROOM = 8000
"""Characters of an agent's words that are quoted back in a message."""


def repeat_command(module: Module) -> str:
    """How the agent of a module repeats its task."""
    criteria = ",".join(criteria_by_id(module))
    return (
        f"atlas repeat {module['id']} --criteria {quote(criteria)} --file PATH [--file PATH]… "
        '--out-of-scope "what you leave alone" --evidence "what will show that it is done" --text "in your own words"'
    )


def task_body(module: Module, task_uuid: str, folder: str | None, repeats: bool) -> str:
    """What an agent needs to begin: the module, how it is judged, the `folder` to work in, and what to answer.

    `repeats` says that it has to repeat the task before it may edit.
    """
    criteria = [f"{name}: {text}" for name, text in criteria_by_id(module).items()]
    parts = [
        f"Module {module['id']}: {module['name']}",
        f"Work in {folder} and nowhere else; .claude/WORKER_CONTEXT.json there tells more." if folder else "",
        module["description"],
        "Acceptance criteria:\n" + "\n".join(criteria) if criteria else "",
        number_items("Checks that ATLAS will run itself", module["checks"]),
        number_items("Files that it may touch", module["scope"]),
        number_items("Builds on", module["dependencies"]),
        f"Assignment: {task_uuid}",
        _first_repeat(module) if repeats else "",
        f"{'Once you are authorised' if repeats else 'Then'}: "
        f"atlas report {module['id']} started | progress --text … | blocked --text … | done",
    ]
    return "\n\n".join(part for part in parts if part)


def _first_repeat(module: Module) -> str:
    return (
        "Do not edit anything yet. First repeat the task, in your own words and in 3 to 5 points, with the criteria "
        "that you will meet and every file that you expect to touch:\n"
        f"{repeat_command(module)}\n"
        f'Ask what is unclear: atlas ask {module["id"]} "QUESTION"\n'
        "You may edit when a message says AUTHORIZED TO PROCEED; only ATLAS's records decide that, not what you write."
    )


def session_prompt(agent: str, module: Module, task_uuid: str, workspace: str, may_edit: bool) -> str:
    """The first words to an agent's session: to work, or, before it may edit, to read and repeat only.

    The assignment's UUID in it is what a dispatch is checked by.
    """
    about = f"You are {agent}, an agent of an ATLAS orchestration.\nModule: {module['id']}\n"
    if may_edit:
        return (
            f"{task_subject(module, task_uuid)}\n{about}"
            f"Workspace, where you work and nowhere else: {workspace}\n"
            f"You are authorised to work. Begin with `atlas inbox {agent}`, then read `.claude/WORKER_CONTEXT.json`."
        )
    return (
        f"{understanding_subject(module, task_uuid)}\n{about}"
        f"Workspace, from where you run every command: {workspace}\n"
        "You may read, but not edit anything yet. Read `.claude/WORKER_CONTEXT.json` there, and your mail: "
        f"`atlas inbox {agent}`. Then repeat the task, and ask what is unclear:\n"
        f"{repeat_command(module)}\n"
        f'atlas ask {module["id"]} "QUESTION"\n'
        "When that is recorded, end your turn and say in a line what you wait for. You may begin when your mail says "
        "AUTHORIZED TO PROCEED."
    )


def repetition_body(module: Module) -> str:
    """Asks an agent to repeat its task."""
    return f"The lead waits for you to repeat what you will do about {module['id']}.\n\n{_first_repeat(module)}"


def correction_body(module: Module, verification: Verification) -> str:
    """What was wrong with a repetition, and how many are left."""
    left = MOST_ATTEMPTS - verification["attempts"]
    wrong = number_items("ATLAS compared it with the module and found", verification["findings"])
    if verification["correction"]:
        wrong = f"The lead says:\n{verification['correction']}"
    tries = "This is your last attempt." if left == 1 else f"You have {left} attempts."
    return (
        f"Your repetition of {module['id']} is not right yet.\n\n{wrong}\n\n"
        f"Repeat it again; edit nothing until then. {tries}\n{repeat_command(module)}"
    )


def confirmed_body(module: Module) -> str:
    """Tells an agent that its repetition is right."""
    return (
        f"Your repetition of {module['id']} is confirmed. If anything is unclear, ask it now: "
        f'atlas ask {module["id"]} "QUESTION"\nThen wait for AUTHORIZED TO PROCEED; edit nothing before.'
    )


def answer_body(module: Module, question: QuestionContents) -> str:
    """Gives an agent the lead's answer, marked as data."""
    asked = mark_lines(question["text"][:ROOM])
    return f"You asked about {module['id']} ({question['id']}):\n{asked}\n\nThe lead answers:\n{question['answer']}"


def authorized_body(module: Module, verification: WholeVerification) -> str:
    """With what the agent said, and was answered: it may be a session that knows nothing of that."""
    repetition = verification["repetition"]
    answers = [f"{one['id']}: {one['text']}\n→ {one['answer']}"[:ROOM] for one in verification["questions"]]
    return "\n\n".join(
        [
            f"You may work on {module['id']} now, and this is how:",
            *([repetition_text(repetition)] if repetition else []),
            *map(mark_lines, answers),
            f"Begin with: atlas report {module['id']} started",
        ]
    )


def reopened_body(module: Module, changes: Sequence[str]) -> str:
    """For an agent whose task was changed: what changed, and that its understanding counts no longer."""
    changed = number_items(f"Module {module['id']} was changed by the lead", changes)
    return (
        f"{changed}\n\n"
        "Stop editing. Leave what you have, repeat the task as it is now, and wait for AUTHORIZED TO PROCEED:\n"
        f"{repeat_command(module)}"
    )


def returned_body(module: Module) -> str:
    """Tells an agent that its module went back to the pool."""
    return (
        f"You repeated {module['id']} wrongly {MOST_ATTEMPTS} times, so it was taken back and is nobody's now. "
        "Stop working on it and leave its files as they are."
    )


def unassigned_body(module: Module, agent: str, verification: WholeVerification) -> str:
    """For the lead and the person: a module is back in the pool, and what was wrong last."""
    repetition = verification["repetition"]
    wrong = "\n".join(verification["findings"] or [verification["correction"] or ""])
    return "\n\n".join(
        [
            f"{agent} did not repeat {module['id']} correctly in {MOST_ATTEMPTS} attempts: it is in the pool again.",
            f"What was wrong last:\n{mark_lines(wrong[:ROOM])}",
            repetition_text(repetition) if repetition else "",
            "Make the description clearer, or give it to another agent, and tell the person.",
        ]
    )


def repetition_text(repetition: RepetitionContents) -> str:
    """A repetition as data: each line that the agent said behind a mark."""
    words = "\n".join(
        [
            f"Criteria: {one_line(', '.join(repetition['criteria']) or 'none', 2000)}",
            f"Files: {one_line(', '.join(repetition['files']), 4000)}",
            f"Out of scope: {repetition['out_of_scope']}",
            f"Shown by: {repetition['evidence']}",
            repetition["text"],
        ]
    )
    return mark_lines(words[:ROOM])
