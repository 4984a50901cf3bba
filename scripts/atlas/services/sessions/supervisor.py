"""Keeping an agent's session alive without a terminal: started again when it dies, told when there is mail.

It ends by itself when its work does: the assignment is complete or released, or the workspace is gone. It also ends
when its launch was never recorded, so that a launch killed halfway leaves no session that nobody knows of.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.adapters.system.client import StreamedSession
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import ASSIGNMENT, MESSAGE, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import IN_USE
from atlas.core.rules.roles import ATLAS_ITSELF
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import workspace_folder

_LOOK_SECONDS = 0.5
_PATIENCE = 10.0
_RECORDED_WITHIN = 20.0  # seconds: the launch records it right after it started this, but may wait for the lock
_RESTARTS = 5
_RESTARTED_FOR = 600.0


class _Stopped(Exception):
    """Told to end."""


def supervise_session(context: Context, workspace_name: str, client: str, prompt: str) -> str:
    """Run the session until its work is over; returns why it ended. Raises AtlasError when it keeps dying."""
    signal.signal(signal.SIGTERM, _raise_stopped)
    folder, log = _session_paths(context, workspace_name)
    _await_record(context, workspace_name)
    session: StreamedSession | None = None
    deaths: list[float] = []
    message = prompt
    try:
        while True:
            session = StreamedSession(client, folder, log, session.session if session else None)
            session.send(message)
            reason = _accompany_session(context, workspace_name, session)
            if reason is not None:
                return reason
            # A client that dies again and again would burn tokens all night: five deaths in ten minutes end it.
            deaths = [moment for moment in deaths if time.monotonic() - moment < _RESTARTED_FOR] + [time.monotonic()]
            if len(deaths) > _RESTARTS:
                raise AtlasError(f"the session of {workspace_name} died {len(deaths)} times in a row: see {log}")
            message = "Your session ended unexpectedly and was resumed. Go on where you were."
    except _Stopped:
        return "stopped"
    finally:
        if session is not None:
            session.close(_PATIENCE)


def _raise_stopped(number: int, frame: Any) -> None:
    raise _Stopped


def _session_paths(context: Context, name: str) -> tuple[str, str]:
    workspace = context.look(lambda tx: tx.need(WORKSPACE, name))
    logs = os.path.join(context.project.private, "logs")
    disk.make_private_folder(logs)
    return workspace_folder(context.project, workspace), os.path.join(logs, f"{name}.jsonl")


def _await_record(context: Context, name: str) -> None:
    def recorded(tx: Transaction) -> bool:
        process = tx.need(WORKSPACE, name)["process"]
        return process is not None and process["pid"] == os.getpid()

    deadline = time.monotonic() + _RECORDED_WITHIN
    while not context.look(recorded):
        if time.monotonic() > deadline:
            raise AtlasError(f"the launch of {name} was never recorded: ending")
        time.sleep(_LOOK_SECONDS)


def _accompany_session(context: Context, name: str, session: StreamedSession) -> str | None:
    """Watch the session: tell it of mail when it is idle. Returns why its work is over, or None when it died."""
    seen, notified_by, noted = -1, "", None
    while session.is_running:
        if session.session != noted:
            noted = session.session
            context.transact(
                "supervise", lambda tx, actor: _note_session(tx, name, session.session), actor=ATLAS_ITSELF
            )
        position = context.store.position()
        if position != seen or session.idle:
            over, newest = context.look(lambda tx: _news_of_workspace(tx, name))
            if over:
                return over
            if newest and newest != notified_by and session.idle:
                session.send("You have mail. Read it with `atlas inbox`, unless it comes with this, and act on it.")
                notified_by = newest
            seen = position
        time.sleep(_LOOK_SECONDS)
    return None


def _note_session(tx: Transaction, name: str, session: str | None) -> None:
    workspace = tx.need(WORKSPACE, name)
    if workspace["process"] is not None:
        tx.patch(WORKSPACE, workspace, process={**workspace["process"], "session": session})
        tx.emit("SessionFollowed", agent=workspace["agent"], workspace=name, session=session)


def _news_of_workspace(tx: Transaction, name: str) -> tuple[str | None, str]:
    """Why the work is over, or None; and the newest unread message of the agent, or ""."""
    workspace = tx.get(WORKSPACE, name)
    if workspace is None or workspace["status"] not in IN_USE:
        return "the workspace is gone", ""
    assignment = tx.get(ASSIGNMENT, workspace["task_uuid"] or "")
    if assignment is None or assignment["status"] not in LIVE:
        return "the assignment is over", ""
    unread = tx.keys(MESSAGE, to=workspace["agent"], status="sent")
    return None, unread[-1] if unread else ""
