"""Starting an agent's session in its workspace, and ending it, and only it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from typing import get_args

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import client, disk, process, tmux
from atlas.core import clock, text
from atlas.core.errors import AtlasError
from atlas.core.letters import handshake
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, SESSION, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Process, Workspace, new_process
from atlas.core.results.sessions import EndedSession, Launched, LaunchResult, Mode, StopAgentResult
from atlas.core.rules import understanding
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.phases import executing
from atlas.services.project.settings import current

MODES: tuple[Mode, ...] = get_args(Mode)
_SUPERVISE = os.path.join(client.PLUGIN, "scripts", "atlas_supervise.py")
_LOOK_SECONDS = 0.25
_PATIENCE = 10.0
_SHOWN_LINES = 20


def launch(
    context: Context, agent_id: str, mode: Mode, module_id: str | None, chosen_client: str | None, wait: float
) -> LaunchResult:
    """Start the session of an AI agent in its workspace, or with `print` say how to.

    With tmux, up to `wait` seconds are spent on seeing the session come up, so that a dialog it stops at is reported.
    Raises AtlasError when the agent has no workspace that is ready, or its session is running already.
    """
    workspace, prompt = context.read("launch", lambda tx, actor: _subject(tx, context, agent_id, module_id))
    folder = os.path.join(context.project.root, workspace["path"])
    if mode == "print":
        command = client.command(chosen_client or "claude")
        line = f"cd {shlex.quote(folder)} && {shlex.join([*command, prompt])}"
        return {"mode": mode, "workspace": folder, "command": line, "subagent_type": "atlas:worker", "prompt": prompt}
    _require_not_running(workspace)
    start = _start_tmux if mode == "tmux" else _start_headless
    started = start(context, workspace, folder, client.find(chosen_client), prompt)
    context.transact("launch", lambda tx, actor: _record(tx, workspace["name"], started))
    result: Launched = {"mode": mode, "workspace": folder, "agent": agent_id, "process": started, "waiting_at": None}
    if mode == "tmux":
        result["waiting_at"] = _watch(context, workspace, started, wait)
    return result


def _subject(tx: Transaction, context: Context, agent_id: str, module_id: str | None) -> tuple[Workspace, str]:
    executing(tx)
    agent = tx.need(AGENT, agent_id)
    if agent["type"] != AI:
        raise AtlasError(f"{agent_id} is a person: people start their own work")
    live = tx.where(ASSIGNMENT, agent=agent_id, status=LIVE)
    chosen = [a for a in live if module_id in (None, a["module"])]
    if len(chosen) != 1:
        which = ", ".join(a["module"] for a in live) or "none"
        raise AtlasError(f"{agent_id} has {len(chosen)} such assignments (modules: {which}): say which with --module")
    workspace = _workspace_of(tx, chosen[0]["task_uuid"])
    folder = os.path.join(context.project.root, workspace["path"])
    module = tx.need(MODULE, chosen[0]["module"])
    may_edit = understanding.may_edit(chosen[0], current(tx)["gates"])
    return workspace, handshake.prompt(agent_id, module, chosen[0]["task_uuid"], folder, may_edit)


def _workspace_of(tx: Transaction, task_uuid: str) -> Workspace:
    for workspace in tx.where(WORKSPACE, task_uuid=task_uuid):
        if workspace["status"] != "ready":
            raise AtlasError(f"workspace {workspace['name']} is {workspace['status']}, not ready")
        return workspace
    raise AtlasError(f"{task_uuid} has no workspace: assign without --no-workspace, or `atlas workspace`")


def _require_not_running(workspace: Workspace) -> None:
    running = workspace["process"]
    if running is not None and process.alive(running["pid"], running["birth"]):
        where = f"attach with: tmux attach -t {running['tmux']}" if running["tmux"] else f"process {running['pid']}"
        raise AtlasError(f"{workspace['agent']}'s session is running already ({where}); `atlas stop-agent` ends it")


def _start_tmux(context: Context, workspace: Workspace, folder: str, binary: str, prompt: str) -> Process:
    name = f"atlas-{workspace['name']}"
    words = client.without_session([*client.command(binary), prompt])
    pid = tmux.start(name, folder, words, {})
    return _process("tmux", pid, name)


def _start_headless(context: Context, workspace: Workspace, folder: str, binary: str, prompt: str) -> Process:
    logs = os.path.join(context.project.private, "logs")
    disk.private_folder(logs)
    words = [sys.executable, _SUPERVISE, workspace["name"], "--client", binary, "--prompt", prompt]
    log = os.path.join(logs, f"{workspace['name']}.supervisor.log")
    return _process("headless", process.start_detached(words, context.project.root, log, client.environment()), None)


def _process(mode: str, pid: int, tmux_name: str | None) -> Process:
    born = process.birth(pid)
    if born is None:
        raise AtlasError(f"the agent's session ended at once (process {pid}): try --print and run the command yourself")
    return new_process(mode=mode, pid=pid, birth=born, started_at=clock.now(), tmux=tmux_name)


def _record(tx: Transaction, name: str, started: Process) -> None:
    tx.patch(WORKSPACE, tx.need(WORKSPACE, name), process=started)


def _watch(context: Context, workspace: Workspace, started: Process, wait: float) -> str | None:
    """Wait for the session to say that it is there; the end of its screen when it has not by then."""
    deadline = time.monotonic() + wait
    screen = ""
    while time.monotonic() < deadline:
        screen = tmux.screen(started["tmux"] or "") or screen
        if not process.alive(started["pid"], started["birth"]):
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


def stop(context: Context, agent_id: str, module_id: str | None) -> StopAgentResult:
    """End the session that `launch` started for an agent. One that is gone already is only noted as such."""

    def find(tx: Transaction, actor: Actor) -> list[Workspace]:
        tx.need(AGENT, agent_id)
        mine = [w for w in tx.where(WORKSPACE, agent=agent_id) if module_id in (None, w["module"])]
        return [workspace for workspace in mine if workspace["process"] is not None]

    ended: list[EndedSession] = []
    for workspace in context.read("stop-agent", find):
        running = workspace["process"]
        assert running is not None
        ended.append({"workspace": workspace["name"], "pid": running["pid"], "was_running": _end(running)})

    def forget(tx: Transaction, actor: Actor) -> None:
        for workspace in find(tx, actor):
            if workspace["process"] and not process.alive(workspace["process"]["pid"], workspace["process"]["birth"]):
                tx.patch(WORKSPACE, workspace, process=None)

    context.transact("stop-agent", forget)
    return {"agent": agent_id, "ended": ended}


def _end(running: Process) -> bool:
    was_running = process.end(running["pid"], running["birth"], _PATIENCE)
    if running["tmux"]:
        tmux.end(running["tmux"], running["pid"])
    return was_running
