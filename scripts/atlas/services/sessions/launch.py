"""Starting an agent's session in its workspace: which one, where, with which prompt."""

from __future__ import annotations

import os
import shlex
from typing import get_args

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import client, file_lock, process
from atlas.core.errors import AtlasError, OperationFailed
from atlas.core.letters import handshake
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Process, Workspace
from atlas.core.results.sessions import Launched, LaunchResult, Mode
from atlas.core.rules import understanding
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.operation import Operation, carry_out
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings
from atlas.services.project.workspace_paths import lock_path, workspace_folder

from .session_start import start_headless, start_in_tmux, watch_start
from .stopping import end_session

MODES: tuple[Mode, ...] = get_args(Mode)


def launch_session(
    context: Context, agent_id: str, mode: Mode, module_id: str | None, chosen_client: str | None, wait: float
) -> LaunchResult:
    """Start the session of an AI agent in its workspace, or with `print` say how to.

    With tmux, up to `wait` seconds are spent on seeing the session come up, so that a dialog it stops at is reported.
    Raises AtlasError when the agent has no workspace that is ready, or its session is running already, and
    OperationFailed when it ended at once.
    """
    workspace, prompt = context.read("launch", lambda tx, actor: _launch_subject(tx, context, agent_id, module_id))
    folder = workspace_folder(context.project, workspace)
    if mode == "print":
        command = client.client_command(chosen_client or "claude")
        line = f"cd {shlex.quote(folder)} && {shlex.join([*command, prompt])}"
        return {"mode": mode, "workspace": folder, "command": line, "subagent_type": "atlas:worker", "prompt": prompt}
    binary = client.find_client(chosen_client)
    with file_lock.hold_lock(lock_path(context.project, workspace["name"]), f"workspace {workspace['name']}"):
        started = carry_out(context, _Launch(context, agent_id, module_id, mode, binary))
    result: Launched = {"mode": mode, "workspace": folder, "agent": agent_id, "process": started, "waiting_at": None}
    if mode == "tmux":
        result["waiting_at"] = _watch_terminal(context, workspace, started, wait)
    return result


def _watch_terminal(context: Context, workspace: Workspace, started: Process, wait: float) -> str | None:
    """What a session in a terminal waits at. Raises OperationFailed when it ended at once, which is recorded."""
    try:
        return watch_start(context, workspace, started, wait)
    except AtlasError as error:
        context.transact("launch", lambda tx, actor: _record_process(tx, workspace["name"], None))
        raise OperationFailed(str(error)) from error


class _Launch(Operation["tuple[Workspace, str]", Process, Process]):
    """Starts the session of an agent. Two at once are kept apart by the workspace's lock."""

    verb = "launch"

    def __init__(self, context: Context, agent_id: str, module_id: str | None, mode: Mode, binary: str) -> None:
        self._context, self._agent_id, self._module_id = context, agent_id, module_id
        self._mode, self._binary = mode, binary

    def intend(self, tx: Transaction, actor: Actor) -> tuple[Workspace, str]:
        """Decide which workspace it is, and that no session runs there. A process that dies here leaves no session:
        a supervisor ends by itself when its launch was never recorded."""
        workspace, prompt = _launch_subject(tx, self._context, self._agent_id, self._module_id)
        _require_not_running(workspace)
        return workspace, prompt

    def act(self, intent: tuple[Workspace, str]) -> Process:
        """Start it."""
        workspace, prompt = intent
        folder = workspace_folder(self._context.project, workspace)
        start = start_in_tmux if self._mode == "tmux" else start_headless
        return start(self._context, workspace, folder, self._binary, prompt)

    def conclude(self, tx: Transaction, actor: Actor, intent: tuple[Workspace, str], effect: Process) -> Process:
        """Record the process, if the workspace is still the agent's."""
        now, _ = _launch_subject(tx, self._context, self._agent_id, self._module_id)
        if (now["name"], now["task_uuid"]) != (intent[0]["name"], intent[0]["task_uuid"]):
            raise AtlasError(f"{self._agent_id} was given another workspace just now")
        _record_process(tx, now["name"], effect)
        return effect

    def take_back(self, intent: tuple[Workspace, str], error: BaseException) -> None:
        """Nothing was recorded, and nothing runs."""

    def leave_open(self, intent: tuple[Workspace, str], effect: Process) -> str:
        """End the session that nobody knows of."""
        end_session(effect)
        return "the session was ended again"


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


def _record_process(tx: Transaction, name: str, started: Process | None) -> None:
    workspace = tx.patch(WORKSPACE, tx.need(WORKSPACE, name), process=started)
    tx.emit("AgentLaunched" if started else "AgentStopped", agent=workspace["agent"], workspace=name)
