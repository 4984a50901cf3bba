"""Watches what happens while a session waits, and finds the words to wake it with.

It looks at the age of a file a few times a second, and asks no model. Agents that are to be asked how they stand it has
asked itself. A plugin may be replaced while it waits, so all that it may need is imported first.
"""

from __future__ import annotations

import os
import time

from atlas.core.following import digest
from atlas.core.letters.digest import digest_text
from hooks import command, mailbox, role_view, turn_end  # noqa: F401, see the docstring
from hooks.bare import leave_facts, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hooks.role_view import View
    from hooks.turn_end import Note

LOOK_SECONDS = 0.1
POLL_SECONDS = 60.0
"""For agents to be asked: no news are seen meanwhile."""
LONGEST = 12 * 3600 - 120  # seconds to wait at most: below the hook's own limit in hooks.json


class Watch:
    """Waits while `is_wanted` for changes of the state after the position in the `note`, and for what becomes due."""

    def __init__(self, session: str, note: Note, is_wanted: Callable[[], bool]) -> None:
        self._session, self._is_wanted = session, is_wanted
        self._cursor, self._is_busy = int(note["from"]), bool(note["busy"])
        self._file, self._polled = os.path.join(os.environ["ATLAS_HOME"], "gate.json"), ""
        self._longest = min(LONGEST, int(os.environ.get("ATLAS_WAIT_SECONDS") or LONGEST))

    def wait_for_news(self) -> str:
        """What to wake the session with; nothing when there is nothing to wait for any more."""
        self._take_mail()
        seen, due, until = (0, 0), 0.0, time.time() + self._longest
        while self._is_wanted():
            now, file = time.time(), os.stat(self._file)
            if (file.st_ino, file.st_mtime_ns) != seen or now >= due:
                seen = file.st_ino, file.st_mtime_ns
                text, due = self._find_news(now)
                if text is not None:
                    return text
            if now >= until:
                self._report_end()
                return ""
            time.sleep(LOOK_SECONDS)
        return ""

    def _take_mail(self) -> None:
        """Have AI Maestro's mail taken in, where agents are reached by it. What listens ends with this process."""
        if role_view.own_view().get("listens"):
            command.start_unattended(role_view.own_view()["root"], "listen", "--wait", str(self._longest))

    def _find_news(self, now: float) -> tuple[str | None, float]:
        """What to wake with, or "" when all is over, or None; and when to look again although nothing changed."""
        position, view = turn_end.read_position(), role_view.read_own_view()
        if view["stop"]["complete"] and view["role"] == "lead":
            return "", 0.0
        if role_view.is_paused(view):
            return None, float(view["paused"]["until"] or "inf")
        reader = digest.Reader(self._session, view["role"], view["mailbox"])
        news = digest.events_for_reader(reader, turn_end.read_entries(self._cursor, position))
        action = turn_end.due_action(view, now, self._is_busy)
        self._cursor = position
        if not news and action is not None and turn_end.is_poll(action):
            are_asked = self._ask_agents(view, action["key"])
            if not self._is_wanted():
                return "", 0.0  # the next turn began meanwhile, or the session ended
            if are_asked:
                return None, now
        if not news and action is None:
            return None, turn_end.next_due(view, now)
        turn_end.add_to_note("stops", self._session, told=position)
        return digest_text(news, action["text"] if action else ""), 0.0

    def _ask_agents(self, view: View, due: str) -> bool:
        """Have the agents asked that are to be; whether that worked. What is due even then is for the model.

        It ends when nobody waits any more: being killed, it loses nothing.
        """
        is_new, self._polled = due != self._polled, due
        return is_new and command.ends_well(
            command.start_unattended(view["root"], "check-agents"), POLL_SECONDS, self._is_wanted
        )

    def _report_end(self) -> None:
        """Nothing happened for as long as can be waited: the person and the store are told."""
        reason = f"it waited for {self._longest // 60} minutes, and nothing happened"
        leave_facts(os.environ["ATLAS_HOME"], self._session, [{"fact": "stopped", "reason": reason}])
        turn_end.add_to_note("stops", self._session, stopped=True)
        say({"systemMessage": f"ATLAS: this session is not woken any more: {reason}. Say something to have it go on."})
