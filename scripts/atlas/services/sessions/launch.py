"""Starting an agent's session in its workspace: which one, where, with which prompt."""

from __future__ import annotations

import os
import shlex
from typing import get_args

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import client, process
from atlas.core.errors import AtlasError
from atlas.core.letters import handshake
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Process, Workspace
from atlas.core.results.sessions import Launched, LaunchResult, Mode
from atlas.core.rules import understanding
from atlas.services.project.context import Context
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings

from .session_start import start_headless, start_in_tmux, watch_start

MODES: tuple[Mode, ...] = get_args(Mode)


def launch_session(
    context: Context, agent_id: str, mode: Mode, module_id: str | None, chosen_client: str | None, wait: float
) -> LaunchResult:
    """Start the session of an AI agent in its workspace, or with `print` say how to.

    With tmux, up to `wait` seconds are spent on seeing the session come up, so that a dialog it stops at is reported.
    Raises AtlasError when the agent has no workspace that is ready, or its session is running already.
    """
    workspace, prompt = context.read("launch", lambda tx, actor: _launch_subject(tx, context, agent_id, module_id))
    folder = os.path.join(context.project.root, workspace["path"])
    if mode == "print":
        command = client.client_command(chosen_client or "claude")
        line = f"cd {shlex.quote(folder)} && {shlex.join([*command, prompt])}"
        return {"mode": mode, "workspace": folder, "command": line, "subagent_type": "atlas:worker", "prompt": prompt}
    _require_not_running(workspace)
    start = start_in_tmux if mode == "tmux" else start_headless
    started = start(context, workspace, folder, client.find_client(chosen_client), prompt)
    context.transact("launch", lambda tx, actor: _record_process(tx, workspace["name"], started))
    result: Launched = {"mode": mode, "workspace": folder, "agent": agent_id, "process": started, "waiting_at": None}
    if mode == "tmux":
        result["waiting_at"] = watch_start(context, workspace, started, wait)
    return result


def _launch_subject(tx: Transaction, context: Context, agent_id: str, module_id: str | None) -> tuple[Workspace, str]:
    executing_workflow(tx)
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
    may_edit = understanding.may_edit(chosen[0], current_settings(tx)["gates"])
    return workspace, handshake.session_prompt(agent_id, module, chosen[0]["task_uuid"], folder, may_edit)


def _workspace_of(tx: Transaction, task_uuid: str) -> Workspace:
    for workspace in tx.where(WORKSPACE, task_uuid=task_uuid):
        if workspace["status"] != "ready":
            raise AtlasError(f"workspace {workspace['name']} is {workspace['status']}, not ready")
        return workspace
    raise AtlasError(f"{task_uuid} has no workspace: assign without --no-workspace, or `atlas workspace`")


def _require_not_running(workspace: Workspace) -> None:
    running = workspace["process"]
    if running is not None and process.is_alive(running["pid"], running["birth"]):
        where = f"attach with: tmux attach -t {running['tmux']}" if running["tmux"] else f"process {running['pid']}"
        raise AtlasError(f"{workspace['agent']}'s session is running already ({where}); `atlas stop-agent` ends it")


def _record_process(tx: Transaction, name: str, started: Process) -> None:
    workspace = tx.patch(WORKSPACE, tx.need(WORKSPACE, name), process=started)
    tx.emit("AgentLaunched", agent=workspace["agent"], workspace=name)
