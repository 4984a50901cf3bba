"""Wakes a session that was let go to wait, as soon as something happens that it should hear of.

The client starts it beside `stop` and, where it can be woken, leaves it running in the background; a client that runs
once waits for it instead. It looks at the age of a file a few times a second, and asks no model. Agents that are to be
asked how they stand it has asked itself. There is one for each session: a newer one takes its place, the next prompt
ends it, and it ends with the client.
"""

from __future__ import annotations

import os
import sys
import time

import client
import gate_file
import turn
from interrupt_monitor import KEPT, clean, doer, leave_facts, read, read_event, say, write

from atlas.core.following import digest
from atlas.core.letters.digest import digest_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

    from interrupt_monitor import Event

WAKE = 3
"""The exit code by which `run.sh` knows that what was printed is for the model."""
WAITING = "waits"
LOOK_SECONDS = 0.1
DECIDED_WITHIN = 6.0
"""Seconds for `stop`, which runs beside it, to say whether there is anything to wait for."""
ATLAS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts", "atlas_cli.py")
LONGEST = 12 * 3600 - 120
"""Seconds to wait at most: below the hook's own limit in hooks.json."""


def main() -> None:
    """Wait beside one Stop event. Ends with exit code WAKE and a text for the model, or with neither."""
    event = read_event()
    session = doer(event)[0]
    try:
        post = Post(session)
        note = decision(event, session, post)
        words = ""
        if note.get("wait") and post.is_held():
            post.take(WAITING)
            words = Watch(session, note, post).wait()
        post.leave()
    except (OSError, ValueError, KeyError, TypeError):
        return  # there is no gate any more, or it cannot be read: whoever looks at it next will say so
    if words:
        os.write(1, clean(words, KEPT).encode())
        sys.exit(WAKE)


class Post:
    """The place of a session's one waiter: the file `gates/waiters/SESSION`, with the number of its process.

    The word WAITING follows once there is something to wait for.
    """

    def __init__(self, session: str) -> None:
        self._path = turn.path_of("waiters", session)
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        self.take()

    def take(self, word: str = "") -> None:
        write(self._path, f"{os.getpid()} {word}\n")

    def is_held(self) -> bool:
        """Whether nobody has taken its place, or ended it by removing the file, and its client still runs."""
        try:
            holder = read(self._path).split()[:1]
        except FileNotFoundError:
            return False
        return holder == [str(os.getpid()).encode()] and client.is_alive() and os.getppid() != 1

    def leave(self) -> None:
        if self.is_held():
            os.unlink(self._path)


def decision(event: Event, session: str, post: Post) -> turn.Note:
    """What `stop` has noted about this stop; nothing when it does not in time."""
    until = time.monotonic() + DECIDED_WITHIN
    while time.monotonic() < until and post.is_held():
        note = turn.note("verdicts", session)
        if note.get("stop") == turn.mark_of(event):
            os.unlink(turn.path_of("verdicts", session))
            return note
        time.sleep(LOOK_SECONDS / 4)
    return {}


class Watch:
    """What is waited for: changes of the state after the position in the `note`, and the time of what becomes due."""

    def __init__(self, session: str, note: turn.Note, post: Post) -> None:
        self._session, self._post = session, post
        self._told, self._is_busy = int(note["from"]), bool(note["busy"])
        self._file = os.path.join(os.environ["ATLAS_HOME"], "gate.json")
        self._polled = ""
        self._longest = min(LONGEST, int(os.environ.get("ATLAS_WAIT_SECONDS") or LONGEST))

    def wait(self) -> str:
        """What to wake the session with; nothing when there is nothing to wait for any more."""
        self._listen()
        seen, due, until = (0, 0), 0.0, time.time() + self._longest
        while self._post.is_held():
            now, is_ = time.time(), os.stat(self._file)
            if (is_.st_ino, is_.st_mtime_ns) != seen or now >= due:
                seen = is_.st_ino, is_.st_mtime_ns
                words, due = self._look(now)
                if words is not None:
                    return words
            if now >= until:
                return self._end()
            time.sleep(LOOK_SECONDS)
        return ""

    def _listen(self) -> None:
        """Have AI Maestro's mail taken in, where agents are reached by it. What listens ends with this process."""
        gate = gate_file.mine_now()
        if gate.get("listens"):
            start(gate, "listen", "--wait", str(self._longest))

    def _look(self, now: float) -> tuple[str | None, float]:
        """What to wake with, or "" when all is over, or None; and when to look again although nothing changed."""
        position, gate = turn.position(), gate_file.mine_now()
        if gate["stop"]["complete"] and gate["role"] == "lead":
            return "", 0.0
        if gate_file.is_paused(gate):
            return None, float(gate["paused"]["until"] or "inf")
        news = digest.facts_for(turn.reader_of(gate, self._session), turn.entries(self._told, position))
        action = turn.due(gate, now, self._is_busy)
        self._told = position
        if not news and action is not None and turn.is_poll(action) and self._polls(gate, action["key"]):
            return None, now
        if not news and action is None:
            return None, turn.next_due(gate, now)
        self._note(told=position)
        return digest_text(news, action["text"] if action else ""), 0.0

    def _polls(self, gate: gate_file.Gate, due: str) -> bool:
        """Have the agents asked that are to be; whether that worked. What is due even then is for the model."""
        is_new, self._polled = due != self._polled, due
        return is_new and start(gate, "check-agents").wait() == 0

    def _end(self) -> str:
        """Nothing happened for as long as can be waited: the person and the store are told."""
        reason = f"it waited for {self._longest // 60} minutes, and nothing happened"
        leave_facts(os.environ["ATLAS_HOME"], self._session, [{"fact": "stopped", "reason": reason}])
        self._note(stopped=True)
        say({"systemMessage": f"ATLAS: this session is not woken any more: {reason}. Say something to have it go on."})
        return ""

    def _note(self, **fields: object) -> None:
        """Add to what `stop` knows of the session."""
        turn.put_note("stops", self._session, {**turn.note("stops", self._session), **fields})


def start(gate: gate_file.Gate, *words: str) -> subprocess.Popen[bytes]:
    """Begin a command of ATLAS; on no session's behalf, so that what comes of it is news to this one."""
    import subprocess

    command = [sys.executable, "-I", "-X", "utf8", ATLAS, *words]
    env = {name: value for name, value in os.environ.items() if name != "CLAUDE_CODE_SESSION_ID"}
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=gate["root"], env=env, stdin=nothing, stdout=nothing, stderr=nothing)
