"""Tells a session that begins, is resumed, cleared or compacted what part it has in the orchestration.

After a clearing the client goes on as another session. The shell has given it the gate of the old one, with a note of
whose that was (see `session_end.sh`, `session_start.sh`). The store hears of it here, and brings the gate up to date
with its next change; until then `continues` in it names the session that still has the role in the store's eyes.
"""

from __future__ import annotations

import os
import time

from atlas.core.text import quote_under
from hooks import role_view, turn_end
from hooks.bare import (
    KEPT,
    TimeIsUp,
    addition,
    clean,
    doer,
    dump,
    is_slug,
    leave_facts,
    limit_time,
    read_event,
    remove,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hooks.bare import Event
    from hooks.role_view import View

PATIENCE = 60.0
"""Seconds between the end of a session and the beginning of the one that takes its place."""


def main() -> None:
    """Answer one SessionStart event on standard output, for a session with a role."""
    limit_time()
    try:
        event = read_event()
        view = role_view.own_view()
        is_told = not is_of_fork(event) and enter_session(event, view)
        text = clean("\n".join(lines_of(view)), KEPT) if is_told else ""
    except (Exception, TimeIsUp) as error:  # whatever it is, the session goes on
        limit_time()
        text = f"ATLAS: what part this session has cannot be told ({clean(error)}): `atlas doctor` says what is wrong."
    if text:
        print(dump(addition("SessionStart", text)))


def enter_session(event: Event, view: View) -> bool:
    """Have the store know that the session is there, and in whose place it comes. False: its view is another's."""
    file, before = os.environ["ATLAS_GATE"], view.pop("after", None)
    mine = view["workspaces"][0]["name"] if view["role"] == "worker" and view["workspaces"] else None
    facts = [{"fact": "presence", "workspace": mine}]
    if before is not None:
        if time.time() - os.stat(file).st_mtime > PATIENCE:
            os.unlink(file)  # left by another client, whose number this one has
            return False
        facts.insert(0, {"fact": "continues", "from": before})
    leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], facts)
    if before is not None and is_slug(before):
        write(file, stored_text({**view, "continues": view.get("continues", before)}))
        remove(os.path.join(os.path.dirname(file), before))
    return True


def stored_text(view: View) -> str:
    """As the store writes it: the mailbox on a line of its own (see `mail.sh`)."""
    return dump(view).replace(", ", ",\n", 1)


def is_of_fork(event: Event) -> bool:
    """Whether the client resumes a session only to branch off from it: some announce the old one, not the new one."""
    if event.get("source") != "resume":
        return False
    from hooks import client_process

    return "--fork-session" in client_process.arguments()


def lines_of(view: View) -> list[str]:
    """What the session is, what is in flight, and what to do next."""
    said = list(map(str, view["summary"]))
    if role_view.is_paused(view):
        said.append(quote_under("The gates are lifted for now", view["paused"]["reason"]))
    stop = view["stop"]
    due = turn_end.due_action(view, time.time(), is_busy=False)
    if stop["complete"]:
        said.append("All is complete.")
    elif due:
        said.append(f"Next: {due['text']}")
    elif stop["waiting"]:
        said.append(f"Waiting: {stop['waiting']}")
    return said
