"""An action that somebody is sent on with: its key, its words, and when it is due."""

from __future__ import annotations

from typing import TypedDict

from .whose_turn import OpenWork

Action = TypedDict("Action", {"key": str, "text": str, "from": int, "others_may": bool})
"""`key` stays the same while the situation does; `from` is when it becomes due, in seconds since the epoch, 0 for now;
what `others_may` do is not to be done while subagents run in the background, for they may be doing it."""

QUOTED = 600
"""Characters of what somebody said that an action quotes."""


def make_action(key: str, text: str, due: int = 0, others_may: bool = False) -> Action:
    """An action that is due at a time, or now."""
    return {"key": key, "text": text, "from": due, "others_may": others_may}


def mail_action(board: OpenWork, mailbox: str) -> Action | None:
    """Reading a mailbox that has something unread, or None."""
    unread = board.unread_messages(mailbox)
    if not unread:
        return None
    count = "a message" if len(unread) == 1 else f"{len(unread)} messages"
    return make_action(f"mail:{unread[-1]['id']}", f"You have {count} unread: `atlas inbox {mailbox}`.")
