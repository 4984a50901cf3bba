"""Where a session stands when it ends its turn: what is due by its gate, what it was told, how often it was sent on.

What `stop` and `waiter` share. In ATLAS's folder `gates/stops/WHO` remembers what a session, or a subagent, was told;
`gates/verdicts/SESSION` is a note from `stop`, which decides, to the `waiter` that the client starts beside it.
"""

from __future__ import annotations

import os
import zlib

import gate_file
import mail
from interrupt_monitor import clean, dump, parse, read, write

from atlas.core.following import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gate_file import Gate
    from interrupt_monitor import Event

    Action = dict[str, Any]
    Note = dict[str, Any]

MOST_BYTES = 4_000_000
"""Of the history that are read at once: who was away for longer hears of the end of it."""


def due(gate: Gate, now: float, is_busy: bool) -> Action | None:
    """The most urgent action that is due; `is_busy`: subagents run, which may be doing what others may do."""
    for action in gate["stop"]["actions"]:
        is_done = action["key"].startswith("mail:") and not mail.is_waiting(gate["mailbox"])
        if action["from"] <= now and not (is_busy and action["others_may"]) and not is_done:
            return dict(action)
    return None


def is_poll(action: Action) -> bool:
    """Whether it is to ask agents how they stand, which takes no model: the waiter does that."""
    return bool(action["key"].startswith("poll:"))


def next_due(gate: Gate, now: float) -> float:
    """When the next action becomes due by itself."""
    return min((float(one["from"]) for one in gate["stop"]["actions"] if one["from"] > now), default=float("inf"))


def is_busy(event: Event) -> bool:
    """Whether subagents of the session still run in the background."""
    tasks = event.get("background_tasks") or []
    return any("agent" in str(task.get("type")) and task.get("status") == "running" for task in tasks)


def mark_of(event: Event) -> int:
    """What a note about this very stop is known by."""
    parts = (event.get("prompt_id"), event.get("stop_hook_active"), event.get("last_assistant_message"))
    return zlib.crc32(repr(parts).encode())


def reader_of(gate: Gate, session: str) -> digest.Reader:
    return digest.Reader(session, gate["role"], gate["mailbox"])


# The history


def position() -> int:
    """How long the history was when gates were last brought up to date, in bytes."""
    return int(parse(read(os.path.join(os.environ["ATLAS_HOME"], "gate.json")))["history"])


def entries(start: int, end: int) -> list[digest.Entry]:
    """The lines of the history between two positions; those that make no sense are passed over.

    A history that is shorter than it was has been begun anew: then there is nothing between.
    """
    if start >= end:
        return []
    first = max(start, end - MOST_BYTES)
    with open(os.path.join(os.environ["ATLAS_HOME"], "history.jsonl"), "rb") as file:
        file.seek(first)
        lines = file.read(end - first).split(b"\n")
    found: list[digest.Entry] = []
    for line in lines[first > start :]:
        try:
            entry = parse(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("records"), dict):
            found.append(entry)
    return found


# Notes


def path_of(kind: str, who: str) -> str:
    """The file of a kind about a session or subagent. Raises ValueError when its id is none."""
    if not who or len(who) > 128 or not who.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"{clean(who)[:80]!r} is no id")
    return os.path.join(gate_file.folder(kind), who)


def note(kind: str, who: str) -> Note:
    """What is noted, or nothing where that makes no sense."""
    try:
        found = parse(read(path_of(kind, who)))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def put_note(kind: str, who: str, value: Note) -> None:
    path = path_of(kind, who)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    write(path, dump(value))
