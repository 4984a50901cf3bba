"""Whether a session with a role may end its turn: not while its gate has something for it to do now.

It is sent on with that one action, a few times at most: who ends its turn again and again without having changed
anything is let go, which the person is told. Whoever waits for others is let go too, and woken by `waiter`.
"""

from __future__ import annotations

import contextlib
import os
import time
from itertools import pairwise

import client
import gate_file
import subagents
import turn
from interrupt_monitor import KEPT, clean, doer, leave_facts, limit_time, read_event, say

from atlas.core.following import digest
from atlas.core.guard import refusals
from atlas.core.letters.digest import digest_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gate_file import Gate
    from interrupt_monitor import Event
    from turn import Action, Note

MOST_ALIKE = 5
"""How often in a row a session is sent on with the same action while it changes nothing."""
MOST_OF_ONE = 20
"""How often with the same action, whatever it changes."""
CLIENTS_MOST = 8
"""How often in a row, without a tool call, the client obeys; then it would let the session go without a word."""


def main() -> None:
    """Answer one Stop or SubagentStop event on standard output; mostly with nothing."""
    limit_time()
    event = read_event()
    try:
        answer = decide(event)
    except Exception as error:  # a session is never kept from ending by what cannot be read
        tell_waiter(event, None)
        why = clean(error)[:300] or type(error).__name__
        answer = message(
            f"this session was let go, for it cannot be seen what is left to do ({why}). See `atlas doctor`."
        )
    if answer:
        say(answer)


def message(words: str) -> Event:
    """What only the person sees."""
    return {"systemMessage": f"ATLAS: {words}"}


def decide(event: Event) -> Event | None:
    """The answer, or None when the turn may end without a word."""
    position = turn.position()  # before the gate, so that what the gate does not know yet is news later
    gate, session = gate_file.mine(), doer(event)[0]
    if event.get("agent_id"):
        gate_of_it = gate_of_subagent(event, gate)
        return None if gate_of_it is None else judge(Stop(event, gate_of_it, event["agent_id"], position))
    stop = Stop(event, gate, session, position)
    answer = judge(stop)
    tell_waiter(event, stop)
    return answer


def tell_waiter(event: Event, stop: Stop | None) -> None:
    """Note for the waiter, which runs beside this, whether it is to wait, and from where on in the history."""
    note = {"wait": stop.waits, "from": stop.told, "busy": stop.busy} if stop else {"wait": False}
    with contextlib.suppress(OSError, ValueError):
        if not event.get("agent_id"):
            turn.put_note("verdicts", doer(event)[0], {"stop": turn.mark_of(event), **note})


def gate_of_subagent(event: Event, gate: Gate) -> Gate | None:
    """The gate of a subagent of the lead that works in a workspace; None for every other subagent."""
    binding = subagents.binding_of(event) if gate["role"] == "lead" else None
    if binding is None or not os.path.exists(binding):
        return None
    try:
        return gate_file.of_workspace(subagents.bound_name(binding))
    except FileNotFoundError:  # the workspace was removed
        return None


class Stop:
    """One end of a turn: who ends it, what was noted about the one before, and what came of this one."""

    def __init__(self, event: Event, gate: Gate, who: str, position: int) -> None:
        self.event, self.gate, self.who, self.position = event, gate, who, position
        self.session = doer(event)[0]
        self.is_subagent = who != self.session
        self.before: Note = turn.note("stops", who)
        self.told = min(int(self.before.get("told", position)), position)
        self.busy = turn.is_busy(event) and not self.is_subagent
        self.waits = False

    def keep(self, **fields: object) -> None:
        """Note what was decided, for the next time."""
        turn.put_note("stops", self.who, {**fields, "prompt": self.event.get("prompt_id"), "told": self.told})


def judge(stop: Stop) -> Event | None:
    """Send it on, let it go, or let it go to wait."""
    gate = stop.gate
    is_free = gate_file.is_paused(gate) or is_a_talk(gate)
    action = None if is_free else turn.due(gate, time.time(), stop.busy)
    if action is not None and not (turn.is_poll(action) and may_wait(stop)):
        return send_on(stop, action)
    withdraw(stop)
    stop.keep()
    stop.waits = not is_free and may_wait(stop)
    waiting = gate["stop"]["waiting"]
    return message(f"waiting for {waiting}.") if stop.waits and waiting else None


def is_a_talk(gate: Gate) -> bool:
    """Whether this is planning together with a person, which goes to and fro."""
    return bool(gate["phase"] == "planning") and not is_one_shot()


def may_wait(stop: Stop) -> bool:
    """Whether it is to be woken by news: the lead, an agent that needs the lead's word, and whoever talks to a person.

    A client that runs once waits for its subagents by itself, and one that ATLAS drives is told its news anyway.
    """
    gate = stop.gate
    if gate["stop"]["complete"] and gate["role"] == "lead":
        return False
    if stop.is_subagent or "ATLAS_SUPERVISED" in os.environ or (stop.busy and is_one_shot()):
        return False
    return gate["role"] == "lead" or bool(gate["stop"]["waiting"]) or is_interactive()


def is_interactive() -> bool:
    """Whether a person talks to the session, in a terminal or an editor, rather than a program."""
    return not os.environ.get("CLAUDE_CODE_ENTRYPOINT", "").startswith("sdk") and not is_one_shot()


def is_one_shot() -> bool:
    """Whether the client was started for a single prompt, and ends with this turn."""
    words = client.arguments() if os.environ.get("CLAUDE_CODE_ENTRYPOINT") != "cli" else []
    streams = any(f"{one} {two}" == "--input-format stream-json" for one, two in pairwise(words))
    return ("-p" in words or "--print" in words) and not streams and "--input-format=stream-json" not in words


# Sending it on


def send_on(stop: Stop, action: Action) -> Event:
    """The action that keeps it from stopping; or, when it was told often enough, a word to the person."""
    before, now = stop.before, time.time()
    is_new = is_new_prompt(stop)
    is_same = not is_new and before.get("key") == action["key"]
    alike = before.get("alike", 0) + 1 if is_same and not has_changed_anything(stop) else 1
    of_one = before.get("of_one", 0) + 1 if is_same else 1
    in_row = before.get("in_row", 0) + 1 if not is_new and is_in_row(stop) else 1
    if alike > MOST_ALIKE or of_one > MOST_OF_ONE or in_row >= clients_most():
        return give_up(stop, action, before.get("sent", 0))
    if is_new:
        withdraw(stop)
    reader = turn.reader_of(stop.gate, stop.session)
    news = digest_text(digest.facts_for(reader, turn.entries(stop.told, stop.position)))
    stop.told = stop.position
    sent = 1 if is_new else before.get("sent", 0) + 1
    stop.keep(key=action["key"], alike=alike, of_one=of_one, in_row=in_row, sent=sent, at=now, seen=stop.position)
    what = f"ATLAS: before you stop, there is this for you to do now. {action['text']}"
    parts = filter(None, (what, news, " ".join(refusals.WAY_OUT.split())))
    return {"decision": "block", "reason": clean("\n".join(parts), KEPT)}


def give_up(stop: Stop, action: Action, sent: int) -> Event:
    """Let it go although something is left, and say so to the store and the person."""
    left = action["text"].partition("\n")[0]
    who = f"{stop.gate['agent']}, a subagent," if stop.is_subagent else "this session"
    reason = f"{who} was sent on {sent} times and stopped incomplete. Left to do: {left}"
    leave_facts(os.environ["ATLAS_HOME"], stop.session, [{"fact": "stopped", "reason": reason}])
    stop.keep(**{**stop.before, "stopped": True})
    return message(f'{reason} Say something to have it go on, or lift the gates with `/atlas-pause "reason"`.')


def withdraw(stop: Stop) -> None:
    """It goes on: that it had stopped incomplete holds no longer."""
    if stop.before.get("stopped"):
        leave_facts(os.environ["ATLAS_HOME"], stop.session, [{"fact": "stopped", "reason": None}])


def is_new_prompt(stop: Stop) -> bool:
    prompt = stop.event.get("prompt_id")
    return prompt != stop.before.get("prompt") or (prompt is None and not stop.event.get("stop_hook_active"))


def has_changed_anything(stop: Stop) -> bool:
    """Whether it has changed the state since it was last sent on."""
    reader = turn.reader_of(stop.gate, stop.session)
    since = turn.entries(int(stop.before.get("seen", stop.position)), stop.position)
    return any(digest.is_own_change(entry, reader) for entry in since)


def is_in_row(stop: Stop) -> bool:
    """Whether no tool was called since it was last sent on: each call begins the client's own count anew."""
    name = f"workspace-{stop.gate['workspaces'][0]['name']}" if stop.is_subagent else stop.session
    try:
        beat = os.stat(os.path.join(gate_file.folder("heartbeats"), name)).st_mtime
    except FileNotFoundError:
        beat = 0.0
    return bool(stop.event.get("stop_hook_active")) and beat <= stop.before.get("at", 0)


def clients_most() -> int:
    """The number of times in a row from which on the client does not obey, by its own setting if that is lower."""
    chosen = os.environ.get("CLAUDE_CODE_STOP_HOOK_BLOCK_CAP", "")
    return min(CLIENTS_MOST, int(chosen) or CLIENTS_MOST) if chosen.isdecimal() else CLIENTS_MOST
