"""Tells a session that begins, is resumed, cleared or compacted what part it has in the orchestration.

After a clearing the client goes on as another session. The shell has given it the gate of the old one, with a note of
whose that was (see `session_end.sh`, `session_start.sh`). The store hears of it here, and brings the gate up to date
with its next change; until then `continues` in it names the session that still has the role in the store's eyes.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

import client
import gate_file
import turn
from interrupt_monitor import clean, doer, is_slug, leave_facts, read_event, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gate_file import Gate
    from interrupt_monitor import Event

PATIENCE = 60.0
"""Seconds between the end of a session and the beginning of the one that takes its place."""


def main() -> None:
    """Answer one SessionStart event on standard output, for a session with a role."""
    try:
        event = read_event()
        gate = gate_file.mine()
        words = ""
        if not is_of_a_fork(event) and enter(event, gate):
            words = "\n".join(map(clean, lines(gate)))
    except Exception as error:  # whatever it is, the session goes on
        words = f"ATLAS: what part this session has cannot be told ({clean(error)}): `atlas doctor` says what is wrong."
    if words:
        print(json.dumps({"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": words}}))


def enter(event: Event, gate: Gate) -> bool:
    """Have the store know that the session is there, and in whose place it comes. False: its gate is another's."""
    file, before = os.environ["ATLAS_GATE"], gate.pop("after", None)
    mine = gate["workspaces"][0]["name"] if gate["role"] == "worker" and gate["workspaces"] else None
    facts = [{"fact": "presence", "workspace": mine}]
    if before is not None:
        if time.time() - os.stat(file).st_mtime > PATIENCE:
            os.unlink(file)  # left by another client, whose number this one has
            return False
        facts.insert(0, {"fact": "continues", "from": before})
    leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], facts)
    if before is not None and is_slug(before):
        write(file, rendered({**gate, "continues": gate.get("continues", before)}))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(os.path.dirname(file), before))
    return True


def rendered(gate: Gate) -> str:
    """As the store writes it: the mailbox on a line of its own (see `mail.sh`)."""
    return json.dumps(gate).replace(", ", ",\n", 1)


def is_of_a_fork(event: Event) -> bool:
    """Whether the client resumes a session only to branch off from it: some announce the old one, not the new one."""
    if event.get("source") != "resume":
        return False
    return "--fork-session" in client.arguments()


def lines(gate: Gate) -> list[str]:
    """What the session is, what is in flight, and what to do next."""
    said = list(map(str, gate["summary"]))
    if gate_file.is_paused(gate):
        said.append(f"The gates are lifted for now: {gate['paused']['reason']}")
    stop = gate["stop"]
    due = turn.due(gate, time.time(), is_busy=False)
    if stop["complete"]:
        said.append("All is complete.")
    elif due:
        said.append(f"Next: {due['text']}")
    elif stop["waiting"]:
        said.append(f"Waiting: {stop['waiting']}")
    return said
