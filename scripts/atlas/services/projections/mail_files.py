"""What hooks know of unread messages: a small file for each mailbox that has any, and follows from the records.

`mail/MAILBOX` holds the messages, oldest first. `mail/lead.subagents` is there while a subagent of the lead has mail,
which it gets in the lead's session.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core.letters import discoveries
from atlas.core.paths import Project
from atlas.core.records.kinds import MESSAGE, WORKSPACE
from atlas.core.records.message import Message

_SUBAGENTS = "lead.subagents"


def mail_folder(project: Project) -> str:
    """Where they lie."""
    return os.path.join(project.private, "mail")


def mail_contents(tx: Transaction) -> dict[str, bytes]:
    """What each file should hold, by its name."""
    unread: dict[str, list[dict[str, Any]]] = {}
    for message in tx.where(MESSAGE, status="sent", read_at=None):
        unread.setdefault(message["to"], []).append(_letter_fields(message))
    files = {name: json.dumps({"version": 1, "messages": found}).encode() for name, found in unread.items()}
    if unread and any(w.get("subagent") and w["agent"] in unread for w in tx.all(WORKSPACE)):
        files[_SUBAGENTS] = b""
    return files


def _letter_fields(message: Message) -> dict[str, Any]:
    """What of a message its reader needs. One from outside says itself who sent it, and nobody vouches for that."""
    return {
        **{field: message[field] for field in ("id", "subject", "body", "type", "priority")},
        "from": discoveries.message_sender(message),
        "at": message["sent_at"],
    }


def put_mail(folder: str, wanted: dict[str, bytes]) -> str | None:
    """Make the files in `folder` what is wanted; a line about what could not be done, if anything."""
    try:
        disk.make_private_folder(folder)
        with os.scandir(folder) as found:
            stale = [entry.path for entry in found if entry.is_file() and entry.name not in wanted]
        for path in stale:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        for name, data in wanted.items():
            path = os.path.join(folder, name)
            if disk.read_bytes(path) != data:
                os.replace(disk.write_temp(path, data), path)
    except OSError as error:
        return f"{folder}: {error.strerror}; hooks do not know yet which messages are unread"
    return None
