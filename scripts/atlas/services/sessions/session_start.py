"""Starting an agent's session in a terminal or without one, and seeing it come up."""

from __future__ import annotations

import os
import sys
import time

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import client, disk, process, tmux
from atlas.core import clock, text
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import AGENT, SESSION
from atlas.core.records.workspace import Process, Workspace, new_process
from atlas.services.project.context import Context

_SUPERVISE = os.path.join(client.PLUGIN, "scripts", "atlas_supervise.py")
_LOOK_SECONDS = 0.25
_SHOWN_LINES = 20


def start_in_tmux(context: Context, workspace: Workspace, folder: str, binary: str, prompt: str) -> Process:
    """Start a session in a terminal of tmux, which a person can attach to."""
    name = f"atlas-{workspace['name']}"
    words = client.command_without_session([*client.client_command(binary), prompt])
    pid = tmux.start_session(name, folder, words, {})
    return _new_process("tmux", pid, name)


def start_headless(context: Context, workspace: Workspace, folder: str, binary: str, prompt: str) -> Process:
    """Start a session without a terminal, under a supervisor."""
    logs = os.path.join(context.project.private, "logs")
    disk.make_private_folder(logs)
    words = [sys.executable, _SUPERVISE, workspace["name"], "--client", binary, "--prompt", prompt]
    log = os.path.join(logs, f"{workspace['name']}.supervisor.log")
    return _new_process(
        "headless", client.start_detached(words, context.project.root, log, client.client_environment()), None
    )


def _new_process(mode: str, pid: int, tmux_name: str | None) -> Process:
    born = process.process_birth(pid)
    if born is None:
        raise AtlasError(f"the agent's session ended at once (process {pid}): try --print and run the command yourself")
    return new_process(mode=mode, pid=pid, birth=born, started_at=clock.current_time(), tmux=tmux_name)


def watch_start(context: Context, workspace: Workspace, started: Process, wait: float) -> str | None:
    """Wait for the session to say that it is there; the end of its screen when it has not by then."""
    deadline = time.monotonic() + wait
    screen = ""
    while time.monotonic() < deadline:
        screen = tmux.session_screen(started["tmux"] or "") or screen
        if not process.is_alive(started["pid"], started["birth"]):
            raise AtlasError(f"the session of {workspace['agent']} ended at once: {_last_words(screen)}")
        if context.read("launch", lambda tx, actor: _is_present(tx, workspace, started)):
            return None
        time.sleep(_LOOK_SECONDS)
    return "\n".join(screen.strip().splitlines()[-_SHOWN_LINES:]) or "(an empty screen)"


def _last_words(screen: str) -> str:
    return text.one_line(screen)[-200:] or "run the command of `atlas launch --print` to see why"


def _is_present(tx: Transaction, workspace: Workspace, started: Process) -> bool:
    """Whether the agent was seen, in any session of its, since the start."""
    agent = tx.get(AGENT, workspace["agent"] or "")
    seen = [session["last_seen"] for session in tx.where(SESSION, agent=workspace["agent"])]
    if agent is not None and agent["last_seen"]:
        seen.append(agent["last_seen"])
    return max(seen, default="") >= started["started_at"]
