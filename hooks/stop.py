"""Whether a session with a role may end its turn: not while its role view has something for it to do now.

It is sent on with that one action, a few times at most: a session that ends its turn again and again without having
changed anything is let go, which the person is told. A session that waits for others is let go too, and woken by
`waiter`.
"""

from __future__ import annotations

import os
import time

from hooks import role_view, turn_end
from hooks.bare import KEPT, TimeIsUp, clean, doer, leave_facts, limit_time, read_event, remove, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hooks.bare import Event
    from hooks.role_view import View
    from hooks.turn_end import Action, Note

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
        answer = answer_stop(event)
    except (Exception, TimeIsUp) as error:  # a session is never kept from ending by what cannot be read
        limit_time()
        tell_waiter(event, None)
        why = clean(error)[:300] or type(error).__name__
        answer = message(
            f"this session was let go, for it cannot be seen what is left to do ({why}). See `atlas doctor`."
        )
    if answer:
        say(answer)


def message(text: str) -> Event:
    """What only the person sees."""
    return {"systemMessage": f"ATLAS: {text}"}


def answer_stop(event: Event) -> Event | None:
    """The answer, or None when the turn may end without a word."""
    position = turn_end.read_position()  # before the view, so that what the view does not know yet is news later
    view, session = role_view.own_view(), doer(event)[0]
    if event.get("agent_id"):
        from hooks import subagents  # only here, as most turns are no subagent's

        bound = subagents.bound_view(event, view)
        return None if bound is None else judge_stop(Stop(event, bound, event["agent_id"], position))
    stop = Stop(event, view, session, position)
    answer = judge_stop(stop)
    tell_waiter(event, stop)
    return answer


def tell_waiter(event: Event, stop: Stop | None) -> None:
    """Note for the waiter, which runs beside this, whether it is to wait, and from where on in the history."""
    if event.get("agent_id"):
        return
    note = {"wait": stop.waits, "from": stop.cursor, "busy": stop.busy} if stop else {"wait": False}
    try:
        session = doer(event)[0]
        # Some file systems write a file to disk at once that takes another's place: that costs as much as all the rest.
        remove(turn_end.note_path("verdicts", session))
        turn_end.write_note("verdicts", session, {"stop": turn_end.mark_of(event), **note})
    except (OSError, ValueError):
        return
    except TimeIsUp:
        limit_time()


class Stop:
    """One end of a turn: who ends it, what was noted about the one before, and what came of this one.

    `cursor` is how far in the history it was told what happened.
    """

    def __init__(self, event: Event, view: View, who: str, position: int) -> None:
        self.event, self.view, self.who, self.position = event, view, who, position
        self.session = doer(event)[0]
        self.is_subagent = who != self.session
        self.before: Note = turn_end.read_note("stops", who)
        self.cursor = min(int(self.before.get("told", position)), position)
        self.busy = turn_end.has_busy_subagents(event) and not self.is_subagent
        self.waits = False

    def keep_note(self, **fields: object) -> None:
        """Note what was decided, for the next time."""
        fields = {**fields, "prompt": self.event.get("prompt_id"), "told": self.cursor}
        turn_end.write_note("stops", self.who, fields)


def judge_stop(stop: Stop) -> Event | None:
    """Send it on, let it go, or let it go to wait."""
    view = stop.view
    is_free = role_view.is_paused(view) or is_conversation(view)
    action = None if is_free else turn_end.due_action(view, time.time(), stop.busy)
    if action is not None and not (turn_end.is_poll(action) and may_wait(stop)):
        return send_on(stop, action)
    withdraw_report(stop)
    stop.keep_note()
    stop.waits = not is_free and may_wait(stop)
    waiting = view["stop"]["waiting"]
    return message(f"waiting for {waiting}.") if stop.waits and waiting else None


def is_conversation(view: View) -> bool:
    """Whether this is planning together with a person, which goes to and fro."""
    if view["phase"] != "planning":
        return False
    from hooks import client_process

    return not client_process.is_one_shot()


def may_wait(stop: Stop) -> bool:
    """Whether it is to be woken by news: the lead, an agent that needs the lead's word, and who talks to a person.

    A client that runs once waits for its subagents by itself, and one that ATLAS drives is told its news anyway.
    """
    from hooks import client_process

    view = stop.view
    if view["stop"]["complete"] and view["role"] == "lead":
        return False
    if stop.is_subagent or "ATLAS_SUPERVISED" in os.environ or (stop.busy and client_process.is_one_shot()):
        return False
    return view["role"] == "lead" or bool(view["stop"]["waiting"]) or client_process.is_interactive()


# Sending it on


def send_on(stop: Stop, action: Action) -> Event:
    """The action that keeps it from stopping; or, when it was told often enough, a word to the person."""
    before, now = stop.before, time.time()
    is_new = is_new_prompt(stop)
    is_same = not is_new and before.get("key") == action["key"]
    alike = before.get("alike", 0) + 1 if is_same and not has_changed_state(stop) else 1
    of_one = before.get("of_one", 0) + 1 if is_same else 1
    in_row = before.get("in_row", 0) + 1 if not is_new and is_in_row(stop) else 1
    if alike > MOST_ALIKE or of_one > MOST_OF_ONE or in_row >= clients_most():
        return give_up(stop, action, before.get("sent", 0))
    if is_new:
        withdraw_report(stop)
    news = news_of(stop)
    stop.cursor = stop.position
    sent = 1 if is_new else before.get("sent", 0) + 1
    stop.keep_note(key=action["key"], alike=alike, of_one=of_one, in_row=in_row, sent=sent, at=now, seen=stop.position)
    from atlas.core.guard import refusals

    what = f"ATLAS: before you stop, there is this for you to do now. {action['text']}"
    parts = filter(None, (what, news, " ".join(refusals.WAY_OUT.split())))
    return {"decision": "block", "reason": clean("\n".join(parts), KEPT)}


def news_of(stop: Stop) -> str:
    """What happened that it was not told of, in words; empty when there is nothing."""
    entries = turn_end.read_entries(stop.cursor, stop.position)
    if not entries:
        return ""
    from atlas.core.following import digest  # not wanted where nothing happened
    from atlas.core.letters.digest import digest_text

    reader = digest.Reader(stop.session, stop.view["role"], stop.view["mailbox"])
    return digest_text(digest.events_for_reader(reader, entries))


def has_changed_state(stop: Stop) -> bool:
    """Whether it has changed the state since it was last sent on."""
    since = turn_end.read_entries(int(stop.before.get("seen", stop.position)), stop.position)
    if not since:
        return False
    from atlas.core.following import digest

    reader = digest.Reader(stop.session, stop.view["role"], stop.view["mailbox"])
    return any(digest.is_own_change(entry, reader) for entry in since)


def give_up(stop: Stop, action: Action, sent: int) -> Event:
    """Let it go although something is left, and say so to the store and the person."""
    who = f"{stop.view['agent']}, a subagent," if stop.is_subagent else "this session"
    reason = f"{who} was sent on {sent} times and stopped incomplete. Left to do: {action['text']}"
    leave_facts(os.environ["ATLAS_HOME"], stop.session, [{"fact": "stopped", "reason": reason}])
    stop.keep_note(**{**stop.before, "stopped": True})
    return message(f'{reason}\nSay something to have it go on, or lift the gates with `/atlas-pause "reason"`.')


def withdraw_report(stop: Stop) -> None:
    """It goes on: that it had stopped incomplete holds no longer."""
    if stop.before.get("stopped"):
        leave_facts(os.environ["ATLAS_HOME"], stop.session, [{"fact": "stopped", "reason": None}])


def is_new_prompt(stop: Stop) -> bool:
    """Whether a person has said something since the note was written."""
    prompt = stop.event.get("prompt_id")
    return prompt != stop.before.get("prompt") or (prompt is None and not stop.event.get("stop_hook_active"))


def is_in_row(stop: Stop) -> bool:
    """Whether no tool was called since it was last sent on: each call begins the client's own count anew."""
    name = f"workspace-{stop.view['workspaces'][0]['name']}" if stop.is_subagent else stop.session
    try:
        beat = os.stat(os.path.join(role_view.folder_of("heartbeats"), name)).st_mtime
    except FileNotFoundError:
        beat = 0.0
    return bool(stop.event.get("stop_hook_active")) and beat <= stop.before.get("at", 0)


def clients_most() -> int:
    """The number of times in a row from which on the client does not obey, by its own setting if that is lower."""
    chosen = os.environ.get("CLAUDE_CODE_STOP_HOOK_BLOCK_CAP", "")
    return min(CLIENTS_MOST, int(chosen) or CLIENTS_MOST) if chosen.isdecimal() else CLIENTS_MOST
