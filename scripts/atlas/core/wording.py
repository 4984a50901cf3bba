"""The texts that ATLAS sends to agents. Subjects have a fixed grammar with the assignment's UUID in it."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Module

POLL_QUESTIONS = (
    "Progress: what is done since the last report?",
    "Next: what will you do next?",
    "Issues: what went wrong?",
    "Unclear: what in the instructions is unclear?",
    "Difficulties: what is harder than expected?",
    "Needs: what do you need from the lead?",
)


def one_line(text: str, most: int = 200) -> str:
    """Text for a subject: control characters and line breaks become blanks, and it is cut at `most` characters."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def printable(text: str) -> str:
    """Text for a terminal: control characters, which could move the cursor or recolour it, are shown as `?`."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def task_subject(module: Module, task_uuid: str) -> str:
    return f"[TASK] Module: {one_line(module['name'])} - UUID: {task_uuid}"


def stop_subject(module: Module, task_uuid: str) -> str:
    return f"[STOP] Module: {one_line(module['name'])} - UUID: {task_uuid} - Reassigned"


def poll_subject(module: Module, number: int) -> str:
    return f"[POLL] Module: {one_line(module['name'])} - Progress Check #{number}"


def update_subject(module: Module, task_uuid: str) -> str:
    return f"[UPDATE] Module: {one_line(module['name'])} - UUID: {task_uuid}"


def failed_subject(module: Module, task_uuid: str, attempt: int) -> str:
    return f"VERIFICATION LOOP {attempt}: {one_line(module['name'])} - UUID: {task_uuid}"


def task_body(module: Module, task_uuid: str) -> str:
    """What an agent needs to begin: the module, how it is judged, and what to answer."""
    parts = [
        f"Module {module['id']}: {module['name']}",
        module["description"],
        _list("Acceptance criteria", module["acceptance_criteria"]),
        _list("Checks that ATLAS will run itself", module["checks"]),
        _list("Builds on", module["dependencies"]),
        f"Assignment: {task_uuid}\n"
        "First repeat in your own words, in 3 to 5 points, what you will do; ask what is unclear.\n"
        f"Then: atlas report {module['id']} started | progress --text … | blocked --text … | done",
    ]
    return "\n\n".join(part for part in parts if part)


def poll_body(module: Module) -> str:
    return (
        f"How does {module['id']} stand? Answer with `atlas report {module['id']} progress --text …` on:\n"
        + "\n".join(f"- {question}" for question in POLL_QUESTIONS)
    )


def stop_body(module: Module) -> str:
    return f"Module {module['id']} has been given to another agent. Stop working on it and leave its files as they are."


def update_body(module: Module, changes: Sequence[str]) -> str:
    return _list(f"Module {module['id']} was changed by the lead", changes)


def failed_body(module: Module, failures: Sequence[str]) -> str:
    return (
        _list(f"ATLAS ran the checks of {module['id']} and they did not pass", failures)
        + f"\n\nMend it, then: atlas report {module['id']} done"
    )


def _list(title: str, items: Sequence[str]) -> str:
    return f"{title}:\n" + "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1)) if items else ""
