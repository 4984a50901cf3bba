"""The plumbing of hooks: the event, the one answer, JSON and files, facts for the store, a limit of time.

It stands alone: the standard library only, and of that what costs next to nothing. `make generate` joins it with the
interrupt monitor to the one file that lies in every workspace.
"""

from __future__ import annotations

import os
import time


class _Rules:
    strict, object_hook, object_pairs_hook = False, None, None
    parse_float, parse_int, parse_constant = float, int, float


try:  # halves of `signal` and `json`: the whole of them costs as much as starting the interpreter
    import _signal as signal  # type: ignore[import-not-found]
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    scan = make_scanner(_Rules)  # type: ignore[arg-type]
    _parts = make_encoder(None, None, encode_basestring_ascii, None, ": ", ", ", False, False, True)  # type: ignore[arg-type]

    def dump(value: object) -> str:
        """The JSON text of a value."""
        return "".join(_parts(value, 0))

except (ImportError, TypeError):  # another interpreter, or another version of these private parts
    import json
    import signal

    scan, dump = json.JSONDecoder(strict=False).raw_decode, json.dumps  # type: ignore[assignment]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Event: TypeAlias = dict[str, Any]
    Item: TypeAlias = dict[str, Any]

SECONDS = 3
"""For everything that a hook does, below the hook's own limit, at which the client would let the call through."""
MOST = 9000
"""Characters in a piece: the client puts an addition of more than 10,000 aside, in a file."""
SLUG = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
KEPT = "\n\t\u200c\u200d\u3000\xa0"
"""What is not printable by Python's book and harmless all the same: line breaks, joiners of letters, wide blanks."""


AGAIN_SECONDS = 0.5
"""Between two alarms: one that something swallowed is not the last."""


class TimeIsUp(BaseException):
    """Something here took longer than it may. No `except Exception` on the way takes it for a fault of its own."""


def limit_time() -> None:
    """Have TimeIsUp raised when what is begun now takes too long, and again until this is called anew.

    Whoever catches it calls this first, for what is still to be done.
    """
    signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN_SECONDS)


def time_is_up(number: int, frame: object) -> None:
    """Answer the alarm. Raises TimeIsUp."""
    raise TimeIsUp(f"this took longer than {SECONDS} s")


# The event


def read_event() -> Event:
    """The event on standard input. Raises ValueError when it is none."""
    with open(0, "rb", closefd=False) as file:
        event = parse(file.read())
    if not isinstance(event, dict):
        raise ValueError("the event is no object")
    return event


def is_batch(event: Event) -> bool:
    """Whether the event is the end of a batch of tool calls."""
    return event.get("hook_event_name") == "PostToolBatch"


def doer(event: Event) -> list[str]:
    """Who makes the call: the session, and the subagent in it or an empty text."""
    session = event.get("session_id") or os.environ.get("CLAUDE_CODE_SESSION_ID")
    return [clean(session)[:200], clean(event.get("agent_id"))[:200]]


# The answer

_said = False


def say(answer: Event) -> None:
    """Print the answer, and only the first one: the client takes two for none."""
    global _said
    if _said:
        return
    _said = True
    data = dump(answer).encode()
    while data:  # a pipe may take a part of it only
        data = data[os.write(1, data) :]


def has_spoken() -> bool:
    """Whether an answer was printed."""
    return _said


def denial(reason: str, verdict: str = "deny") -> Event:
    """The answer that stops a call or, as another verdict, has the person asked about it."""
    decision = {"permissionDecision": verdict, "permissionDecisionReason": reason}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decision}}


def addition(event_name: str, text: str) -> Event:
    """The answer that tells the model something and lets everything go on."""
    return {"hookSpecificOutput": {"hookEventName": event_name, "additionalContext": text}}


def units(text: str) -> int:
    """The length of a text as the client counts it."""
    return len(text.encode("utf-16-le", "replace")) // 2


def clean(text: object, kept: str = "") -> str:
    """Text without control characters but those `kept`; none for None."""
    return "" if text is None else "".join(c for c in str(text) if c.isprintable() or c in kept)


def is_slug(name: str) -> bool:
    """Whether a name may be that of a workspace, a mailbox or a session, and so of a file."""
    return 0 < len(name) <= 64 and SLUG.issuperset(name) and name[0] != "-"


# JSON and files


def parse(data: bytes) -> Any:
    """The value of JSON text. Raises ValueError when it is none."""
    text = data.decode("utf-8", "replace").strip()
    try:
        value, end = scan(text, 0)
    except (StopIteration, SystemError):  # without the whole of `json`, the scanner has no better error to raise
        raise ValueError("not JSON") from None
    if end != len(text):
        raise ValueError("more than one JSON value")
    return value


def read(path: str) -> bytes:
    """The bytes of a file; of a pipe in its place, what is in it now."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        return file.read()


def write(path: str, text: str) -> None:
    """Write a file so that each reader sees the old text or the new one."""
    folder, name = os.path.split(path)
    temp = os.path.join(folder, f".{name}.atlas-tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with open(os.open(temp, flags, 0o600), "wb") as file:
        file.write(text.encode())
    os.replace(temp, path)


def common_folder(top: str) -> str:
    """Git's common directory of the work tree with this top. Raises OSError or ValueError when it has none."""
    git = os.path.join(top, ".git")
    if os.path.isdir(git):
        return os.path.realpath(git)
    git = os.path.join(top, os.fsdecode(read(git)).partition("gitdir:")[2].strip())
    return os.path.realpath(os.path.join(git, os.fsdecode(read(os.path.join(git, "commondir"))).strip()))


def make_folder(path: str) -> None:
    """Make a folder of ATLAS's own, with those above it, where it is missing."""
    os.makedirs(path, mode=0o700, exist_ok=True)


def remove(path: str) -> None:
    """Remove a file, if it is there: another hook may have been quicker."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def lock(path: str) -> int:
    """Lock a file, made where it is missing, until the number that is returned is closed or this process ends."""
    import fcntl  # not wanted where nothing waits

    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def leave_facts(atlas: str, session: str, facts: list[Item]) -> None:
    """Leave facts for the store to fold in, as its own spools are: a break first, lest a torn line take them along."""
    spool = os.path.join(atlas, "spool")
    make_folder(spool)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    lines = [f"\n{dump({**fact, 'at': now})}\n" for fact in facts]
    name = session if is_slug(session) else "unknown-session"
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with open(os.open(os.path.join(spool, f"{name}.jsonl"), append, 0o600), "wb") as file:
        file.write("".join(lines).encode())
