"""Ending the session that was started for an agent, and only it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.system import process, tmux
from atlas.core.errors import AtlasError, OperationFailed
from atlas.core.records.kinds import AGENT, WORKSPACE

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.workspace import Process, Workspace
    from atlas.core.results.sessions import EndedSession, StopAgentResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_PATIENCE = 10.0


def stop_session(context: Context, agent_id: str, module_id: str | None) -> StopAgentResult:
    """End the session that `launch_session` started for an agent. One that is gone already is only noted as such.

    Raises AtlasError, with an exit code of its own once a session was ended, when the rest could not be done.
    """

    def find(tx: Transaction, actor: Actor) -> list[Workspace]:
        tx.need(AGENT, agent_id)
        mine = [w for w in tx.where(WORKSPACE, agent=agent_id) if module_id in (None, w["module"])]
        return [workspace for workspace in mine if workspace["process"] is not None]

    ended: list[EndedSession] = []
    for workspace in context.read("stop-agent", find):
        running = workspace["process"]
        assert running is not None
        ended.append({"workspace": workspace["name"], "pid": running["pid"], "was_running": end_session(running)})

    def forget(tx: Transaction, actor: Actor) -> None:
        for workspace in find(tx, actor):
            if workspace["process"] and not process.is_alive(
                workspace["process"]["pid"], workspace["process"]["birth"]
            ):
                tx.patch(WORKSPACE, workspace, process=None)
                tx.emit("AgentStopped", agent=agent_id, workspace=workspace["name"])

    try:
        context.transact("stop-agent", forget)
    except (AtlasError, OSError) as error:
        names = [one["workspace"] for one in ended if one["was_running"]]
        if not names:
            raise
        reason = f"ended in {', '.join(names)}, but that could not be recorded: {error}; run this again"
        raise OperationFailed(reason) from error
    return {"agent": agent_id, "ended": ended}


def end_session(running: Process) -> bool:
    """End a session's process, and its terminal; returns whether it was running."""
    was_running = process.end_process(running["pid"], running["birth"], _PATIENCE)
    if running["tmux"]:
        tmux.end_session(running["tmux"], running["pid"])
    return was_running
