"""Wakes a session that was let go to wait, as soon as something happens that it should hear of.

The client starts it beside `stop` and, where it can be woken, leaves it running in the background; a client that runs
once waits for it instead. There is one for each session: a newer one takes its place, the next prompt ends it, and it
ends with the client.
"""

from __future__ import annotations

import os
import sys
import time

from hooks import client_process, turn_end
from hooks.bare import KEPT, clean, doer, make_folder, read, read_event, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hooks.bare import Event
    from hooks.turn_end import Note

WAKE = 3
"""The exit code by which `run.sh` knows that what was printed is for the model."""
WAITING = "waits"
LOOK_SECONDS = 0.025
"""Between two looks for what `stop` has decided: it takes a few hundredths of a second."""
DECIDED_WITHIN = 6.0
"""Seconds for `stop`, which runs beside it, to say whether there is anything to wait for."""


def main() -> None:
    """Wait beside one Stop event. Ends with exit code WAKE and a text for the model, or with neither."""
    event = read_event()
    session = doer(event)[0]
    try:
        text = wait_beside(event, session)
    except (OSError, ValueError, KeyError, TypeError):
        return  # there is no role view any more, or it cannot be read: the next hook that reads it will say so
    if text:
        os.write(1, clean(text, KEPT).encode())
        sys.exit(WAKE)


def wait_beside(event: Event, session: str) -> str:
    """Wait if `stop` lets the session go to wait; what to wake it with, or nothing."""
    post, text = Post(session), ""
    note = await_decision(event, session, post)
    if note.get("wait"):
        from hooks.watch import Watch  # costs as much as all the rest

        # A prompt may end it at any moment, by removing the file: little time may pass between these two.
        if post.is_held():
            post.take(WAITING)
            text = Watch(session, note, post.is_held).wait_for_news()
    post.leave()
    return text


class Post:
    """The place of a session's one waiter: the file `gates/waiters/SESSION`, with the number of its process.

    The word WAITING follows once there is something to wait for.
    """

    def __init__(self, session: str) -> None:
        self._path = turn_end.note_path("waiters", session)
        make_folder(os.path.dirname(self._path))
        self.take()

    def take(self, word: str = "") -> None:
        """Take the place, whose ever it was."""
        write(self._path, f"{os.getpid()} {word}\n")

    def is_held(self) -> bool:
        """Whether nobody has taken its place, or ended it by removing the file, and its client still runs."""
        try:
            holder = read(self._path).split()[:1]
        except FileNotFoundError:
            return False
        return holder == [str(os.getpid()).encode()] and client_process.is_alive() and os.getppid() != 1

    def leave(self) -> None:
        """Give the place up, unless it is another's."""
        if self.is_held():
            os.unlink(self._path)


def await_decision(event: Event, session: str, post: Post) -> Note:
    """What `stop` has noted about this stop; nothing when it does not in time."""
    until = time.monotonic() + DECIDED_WITHIN
    while time.monotonic() < until and post.is_held():
        note = turn_end.read_note("verdicts", session)
        if note.get("stop") == turn_end.mark_of(event):
            os.unlink(turn_end.note_path("verdicts", session))
            return note
        time.sleep(LOOK_SECONDS)
    return {}
