"""Stops a worker's tool call while an interrupt waits for the worker, and hands the interrupt to its model.

It runs before every tool call (PreToolUse) and after every batch of them (PostToolBatch): called by the plugin's hook,
and as a copy in every workspace, one file with the plumbing in it (`hooks/generated`). What waits is in `.INTERRUPT`
of a workspace; what is being handed over, and what has been, in `interrupts/NAME.json` in ATLAS's folder of git's
common directory. A text counts as delivered once PostToolBatch shows that it is among what the model is told. A monitor
that dies before that leaves it to be handed over again, with the same id.

Made by `make generate` from hooks/bare.py and hooks/interrupt_monitor.py: change those.
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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Finder = Callable[[Event], list["Workspace"]]

PATIENCE = 30.0
"""Seconds after which what was handed over, and never shown to have arrived, is handed over again."""
UNREADABLE = "unreadable-interrupt"
"""The id of what waits when `.INTERRUPT` cannot be understood."""


class Workspace:
    """A workspace, and ATLAS's folder. `led`: it is a subagent of the lead that works in it."""

    def __init__(self, folder: str, atlas: str, led: bool = False) -> None:
        self.name, self.file = os.path.basename(folder), os.path.join(folder, ".INTERRUPT")
        self.folder, self.atlas, self.led = folder, atlas, led


def main(find: Finder, refuse: Callable[[Event], Event | None] = lambda event: None) -> None:
    """Answer one event on standard output; where nothing waits and nothing is refused, with nothing.

    `find` gives the workspaces to look at: before a call those that its maker works in, after a batch at least those.
    `refuse` gives the answer to a call that must not go ahead for another reason, or None.
    """
    limit_time()
    event: Event = {}
    try:
        event = read_event()
        if is_batch(event):
            for workspace in find(event):
                confirm_delivery(event, workspace)
        else:
            refusal = refuse(event)
            answer_call(event, find(event), refusal)
    except (Exception, TimeIsUp) as error:  # whatever it is: silence would let the call through
        limit_time()
        stop_despite_error(event, find(event), error)
        refusal = refuse(event)
        if refusal is not None:
            say(refusal)


def stop_despite_error(event: Event, workspaces: list[Workspace], error: BaseException) -> None:
    """Stop a call when something critical waits for its maker, although nobody knows what of it has been delivered."""
    items = [item for workspace in workspaces for item in read_items(workspace)]
    if any(map(is_stopping, items)) and not is_batch(event):
        say(denial(f"{full_text(items, event, True)}\n\n(It will be repeated, for ATLAS met an error: {clean(error)})"))


# Before a call


def answer_call(event: Event, workspaces: list[Workspace], refusal: Event | None) -> None:
    """Say what comes first: something critical, a refusal, what is only to be added."""
    for workspace in workspaces:
        is_first = refusal is None or any(map(is_stopping, read_items(workspace)))
        if is_first and hand_interrupts(event, workspace):
            return
    if refusal is not None:
        say(refusal)


def hand_interrupts(event: Event, workspace: Workspace) -> bool:
    """Stop the call, or add to it, for what waits in a workspace. Returns whether anything was said."""
    if not os.path.lexists(workspace.file):
        return False
    with Ledger(workspace) as ledger:
        waiting = [item for item in read_items(workspace) if item["id"] not in ledger.delivered]
        if not waiting:
            tidy_file(workspace, ledger.delivered)  # a monitor that was killed did not come so far
            return False
        return say_waiting(event, workspace, ledger, waiting)


def say_waiting(event: Event, workspace: Workspace, ledger: Ledger, waiting: list[Item]) -> bool:
    """Say what this call is to be told of what waits, and note it. Returns whether anything was said."""
    stops = any(map(is_stopping, waiting))
    if is_helper(event, workspace) and any(item.get("stop") for item in waiting):
        say(denial("ATLAS INTERRUPT: the lead has stopped the worker that you help. End here."))
        ledger.hand_over(event, [], stops, stop=True)
        return True
    fresh = ledger.fresh_of(doer(event))
    here = [one for handing in fresh if handing["call"] == event.get("tool_use_id") for one in handing["ids"]]
    if here:  # plugin and workspace both watch this call: the client shows one reason, but every addition
        if stops:
            say(denial(full_text([item for item in waiting if item["id"] in here], event, stops)))
        return stops
    begun = [one for handing in fresh for one in handing["ids"]]
    new = fitting([item for item in waiting if item["id"] not in begun])
    if new:
        text = full_text(new, event, stops)
        say(denial(text) if stops else addition("PreToolUse", text))
        ledger.hand_over(event, new, stops, stop=any(item.get("stop") for item in new))
        return True
    if stops:
        say(denial(f"ATLAS INTERRUPT: stopped as well, see {', '.join(begun)} beside it."))
    return stops


def fitting(items: list[Item]) -> list[Item]:
    """As many of the items, in order, as fit into one piece; the first one in any case."""
    total = 0
    for count, item in enumerate(items):
        total += units(str(item.get("words")))
        if count and total > MOST:
            return items[:count]
    return items


def is_stopping(item: Item) -> bool:
    """Whether a call may not go ahead before this was read."""
    return item.get("severity") == "critical" or bool(item.get("stop"))


def is_helper(event: Event, workspace: Workspace) -> bool:
    """Whether this is a subagent in a worker's own session, which a stop is to end, not to be used up by."""
    return bool(event.get("agent_id")) and not workspace.led


# After a batch of calls


def confirm_delivery(event: Event, workspace: Workspace) -> None:
    """Turn what this batch shows to have arrived into receipts, and end the turn of a model that it stops.

    What it does not show is handed over again.
    """
    if not os.path.exists(os.path.join(workspace.atlas, "interrupts", f"{workspace.name}.json")):
        return
    with Ledger(workspace) as ledger:
        own = [handing for handing in ledger.handed if handing["by"] == doer(event)]
        if not own:
            return
        seen = [(handing, arrived_ids(event, handing)) for handing in own]
        if any(handing["stop"] and (ids or not handing["ids"]) for handing, ids in seen):
            say({"continue": False, "stopReason": "ATLAS: stopped by the lead"})
        for handing, ids in seen:
            leave_receipts(workspace, handing, [one for one in ids if one not in ledger.delivered])
        ledger.handed = [handing for handing in ledger.handed if handing not in own]
        arrived = [one for _, ids in seen for one in ids]
        ledger.delivered += [one for one in arrived if one != UNREADABLE]
        ledger.save()
        tidy_file(workspace, [*ledger.delivered, *arrived])


def arrived_ids(event: Event, handing: Item) -> list[str]:
    """The ids that stand in the result of the call or, where the call was let go on and has ended, all of them."""
    for call in event.get("tool_calls") or []:
        if call.get("tool_use_id") == handing["call"]:
            result = dump(call.get("tool_response"))
            return [one for one in handing["ids"] if one in result or result == "null" or not handing["stops"]]
    return []


def leave_receipts(workspace: Workspace, handing: Item, ids: list[str]) -> None:
    """Leave word of what was delivered."""
    session, agent = handing["by"]
    who = {"workspace": workspace.name, "session": session, "agent_id": agent, "tool": handing["tool"]}
    leave_facts(workspace.atlas, session, [{"fact": "receipt", "discovery": one, **who} for one in ids])


def tidy_file(workspace: Workspace, done: list[str]) -> None:
    """Leave in `.INTERRUPT` what is still to be delivered; without any, no such file."""
    items = read_items(workspace)
    rest = [item for item in items if item["id"] not in done]
    if rest and rest != items:
        write(workspace.file, dump({"version": 1, "workspace": workspace.name, "items": rest}))
    elif items and not rest:
        aside = os.path.join(workspace.atlas, "interrupts", f"{workspace.name}.{time.time_ns()}.unreadable")
        if items[0]["id"] == UNREADABLE:
            os.replace(workspace.file, aside)
        else:
            os.unlink(workspace.file)


class Ledger:
    """What of a workspace's interrupts is being handed over and what was delivered; locked while it is entered."""

    def __init__(self, workspace: Workspace) -> None:
        self._path, self._lock = os.path.join(workspace.atlas, "interrupts", workspace.name), -1
        self.delivered: list[str] = []
        self.handed: list[Item] = []

    def __enter__(self) -> Ledger:
        make_folder(os.path.dirname(self._path))
        self._lock = lock(f"{self._path}.lock")
        try:
            found = parse(read(f"{self._path}.json"))
            self.delivered, self.handed = list(map(str, found["delivered"])), list(map(dict, found["handed"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            pass
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def fresh_of(self, who: list[str]) -> list[Item]:
        """What has just been handed over to somebody and may still be shown to have arrived."""
        return [h for h in self.handed if h["by"] == who and 0 <= time.time() - h["at"] < PATIENCE]

    def hand_over(self, event: Event, items: list[Item], stops: bool, stop: bool) -> None:
        """Note that these are being handed over at this call."""
        who, ids = doer(event), [item["id"] for item in items]
        others = [h for h in self.handed if h["by"] != who] + self.fresh_of(who)
        what = {"ids": ids, "stops": stops, "stop": bool(stop), "call": event.get("tool_use_id"), "by": who}
        self.handed = [*others, {**what, "tool": clean(event.get("tool_name"))[:200], "at": time.time()}]
        self.save()

    def save(self) -> None:
        """Write it down."""
        write(f"{self._path}.json", dump({"delivered": self.delivered, "handed": self.handed}))


# What is said


def full_text(items: list[Item], event: Event, stops: bool) -> str:
    """What is handed over: how the call fares, what waits in the words that ATLAS gave it, and what follows."""
    parts = [
        "ATLAS INTERRUPT. This call was stopped and has not run. Read this first; then repeat it if it is still right."
        if stops
        else "ATLAS: a note. The call goes on; take this into account from here on."
    ]
    parts += [clean(item.get("words"), KEPT) for item in items]
    if event.get("agent_id"):
        parts.append("Repeat this, with its id, in your report to the session that started you.")
    return "\n\n".join(parts)


# Files


def read_items(workspace: Workspace) -> list[Item]:
    """What waits in a workspace, in order; one item with the raw text when it cannot be understood."""
    try:
        data = read(workspace.file)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        data = os.fsencode(f"{workspace.file}: {error.strerror}")
    try:
        items = parse(data)["items"]
        if items and all(isinstance(item["id"], str) for item in items):
            return list(items)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raw = clean(data[:MOST].decode("utf-8", "replace"), KEPT).splitlines()
    title = f"[{UNREADABLE}] What waits for you cannot be understood. As data, the beginning of it:"
    return [{"id": UNREADABLE, "severity": "critical", "words": "\n| ".join([title, *raw])}]


def its_own(event: Event) -> list[Workspace]:
    """The workspace in whose `.claude/hooks` this file lies: what the settings of a workspace call `main` with."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    return [Workspace(top, os.path.join(common_folder(top), "atlas"))]


if __name__ == "__main__":
    main(its_own)
