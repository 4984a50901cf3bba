"""Where a session stands when it ends its turn: what is due by its role view, and what was noted about it before.

What `stop` and `waiter` share. In ATLAS's folder `gates/stops/WHO` remembers what a session, or a subagent, was told;
`gates/verdicts/SESSION` is a note from `stop`, which decides, to the `waiter` that the client starts beside it.
"""

from __future__ import annotations

import os

from hooks import role_view
from hooks.bare import clean, dump, make_folder, parse, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from atlas.core.following.digest import Entry
    from hooks.bare import Event
    from hooks.role_view import View

    Action = dict[str, Any]
    Note = dict[str, Any]

MARKS = 2**61 - 1
"""So many marks there are of stops: it is a prime, so that each character of a message counts."""
MOST_BYTES = 4_000_000
"""Of the history that are read at once: a session that was away for longer hears of the end of it."""


def due_action(view: View, now: float, is_busy: bool) -> Action | None:
    """The most urgent action that is due; `is_busy`: subagents run, which may be doing what others may do."""
    for action in view["stop"]["actions"]:
        if action["from"] <= now and not (is_busy and action["others_may"]) and not is_done(view, action):
            return dict(action)
    return None


def is_done(view: View, action: Action) -> bool:
    """Whether it is to read mail that was handed over since, of which the store may not have heard yet."""
    if not action["key"].startswith("mail:"):
        return False
    from hooks import mailbox  # not wanted where there was no mail

    return not mailbox.has_waiting(view["mailbox"])


def is_poll(action: Action) -> bool:
    """Whether it is to ask agents how they stand, which takes no model: the waiter does that."""
    return bool(action["key"].startswith("poll:"))


def next_due(view: View, now: float) -> float:
    """When the next action becomes due by itself."""
    return min((float(one["from"]) for one in view["stop"]["actions"] if one["from"] > now), default=float("inf"))


def has_busy_subagents(event: Event) -> bool:
    """Whether subagents of the session still run in the background."""
    tasks = event.get("background_tasks") or []
    return any("agent" in str(task.get("type")) and task.get("status") == "running" for task in tasks)


# The history


def read_position() -> int:
    """How long the history was when role views were last brought up to date, in bytes."""
    return int(parse(read(os.path.join(os.environ["ATLAS_HOME"], "gate.json")))["history"])


def read_entries(start: int, end: int) -> list[Entry]:
    """The lines of the history between two positions; those that make no sense are passed over.

    A history that is shorter than it was has been begun anew: then there is nothing between.
    """
    if start >= end:
        return []
    first = max(start, end - MOST_BYTES)
    with open(os.path.join(os.environ["ATLAS_HOME"], "history.jsonl"), "rb") as file:
        file.seek(first)
        lines = file.read(end - first).split(b"\n")
    found: list[Entry] = []
    for line in lines[first > start :]:  # the first line is a part of one where the beginning is left out
        try:
            entry = parse(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("records"), dict):
            found.append(entry)
    return found


# Notes


def mark_of(event: Event) -> int:
    """What a note about this very stop is known by."""
    parts = (event.get("prompt_id"), event.get("stop_hook_active"), event.get("last_assistant_message"))
    return int.from_bytes(repr(parts).encode(), "big") % MARKS  # a checksum that needs no module


def note_path(kind: str, who: str) -> str:
    """The file of a kind about a session or subagent. Raises ValueError when its id is none."""
    if not who or len(who) > 128 or not who.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{clean(who)[:80]!r} is no id")
    return os.path.join(role_view.folder_of(kind), who)


def read_note(kind: str, who: str) -> Note:
    """What is noted, or nothing where that makes no sense."""
    try:
        found = parse(read(note_path(kind, who)))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_note(kind: str, who: str, value: Note) -> None:
    """Put a note in the place of the one before."""
    path = note_path(kind, who)
    make_folder(os.path.dirname(path))
    write(path, dump(value))


def add_to_note(kind: str, who: str, **fields: object) -> None:
    """Write a note that says these things too."""
    write_note(kind, who, {**read_note(kind, who), **fields})
