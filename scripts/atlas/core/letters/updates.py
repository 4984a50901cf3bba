"""What is said about a change of an agent's instructions, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.core.records.assignment import Update
from atlas.core.records.plan import Module
from atlas.core.text import mark_lines, number_items


def changed_body(module: Module, update: Update, questions: Sequence[str]) -> str:
    """What an agent is told of a change of its instructions, and what it is to do about that."""
    asked = "\n".join(f"- {question}" for question in questions)
    acknowledge = f"atlas acknowledge {module['id']} {update['id']}"
    what_to_do = (
        f"Go on with that. Confirm it: {acknowledge}"
        if update["minor"]
        else "Stop editing until you are told to resume. Answer these, in this order, and say what speaks against it:\n"
        f'{asked}\n{acknowledge} --feasibility "…" (one for each question) [--concern "…"]'
    )
    return f"[{update['id']}] {update['type']} of {module['id']}:\n{mark_lines(update['text'])}\n{what_to_do}"


def assessed_body(module: Module, agent: str, update: Update, following: str) -> str:
    """What the lead is told of an agent's answers; they are its words."""
    answers = "\n".join(mark_lines(answer) for answer in update["answers"])
    concerns = "\n".join(f"Concern {n}:\n{mark_lines(one['text'])}" for n, one in enumerate(update["concerns"], 1))
    head = f"{agent} on {update['id']} of {module['id']}:\n{answers}"
    return "\n".join(part for part in (head, concerns, f"Next is {following}") if part)


def resolved_body(module: Module, update: Update) -> str:
    """Gives an agent the lead's answers to its concerns."""
    lines = [f"About your concerns on {update['id']} of {module['id']}:"]
    for number, concern in enumerate(update["concerns"], 1):
        lines += [f"{number}.", mark_lines(concern["resolution"] or "not answered yet")]
    return "\n".join([*lines, "Wait until you are told to resume."])


def resumed_body(module: Module, update: Update, still: str | None) -> str:
    """The word that an update is settled; `still` is why the agent has to wait all the same."""
    go_on = f"But {still}." if still else "Go on with it."
    return f"{update['id']} of {module['id']} is settled as it was sent. {go_on}"


def update_body(module: Module, changes: Sequence[str]) -> str:
    """Tells an agent what the lead changed in its module."""
    return number_items(f"Module {module['id']} was changed by the lead", changes)
