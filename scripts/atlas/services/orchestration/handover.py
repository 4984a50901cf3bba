"""Taking work in progress away: the agent is told to stop, its receipt is awaited, and all that it did is committed.

What was told and until when is waited is recorded first, so that a command that was killed goes on where it was when it
is given again; what is committed already stays as it is. Only then does the module change hands, in one transaction.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.git import commits, refs
from atlas.adapters.system import file_lock
from atlas.core import clock
from atlas.core.letters.handover import take_away_body
from atlas.core.records.assignment import Assignment, new_handover
from atlas.core.records.kinds import AGENT, ASSIGNMENT, SESSION
from atlas.core.records.message import BUILT_IN
from atlas.core.records.team import AI
from atlas.services.assignments.assignments import tell_agent_to_stop
from atlas.services.assignments.taking import takeable_module
from atlas.services.messages import interrupts
from atlas.services.project.operation import Operation, carry_out
from atlas.services.project.settings import current_settings
from atlas.services.project.workspace_paths import lock_path, workspace_folder, workspace_of_task, workspace_path
from atlas.services.sessions import stopping

from .cancelling import describe_open
from .stop_receipt import Holder, await_receipt

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.assignments import Receipt
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_PATIENCE = 10.0


class SavedWork(NamedTuple):
    """What was taken: the commit that holds the work, if there is any, and what became of the stop (None: a person)."""

    saved: str | None
    receipt: Receipt | None


def stop_and_save(context: Context, module_id: str, agent_id: str, wait: float | None = None) -> SavedWork:
    """Stop whoever has a module so that `agent_id` can have it, waiting up to `wait` seconds, and commit its work.

    Raises AtlasError when the module cannot be taken, and OperationFailed when its work cannot be saved.
    """
    return carry_out(context, _Handover(context, module_id, agent_id, wait))


class _Handover(Operation[Holder, SavedWork, SavedWork]):
    """Tells an agent to stop, waits until it knows, and commits all that it did."""

    verb = "reassign"

    def __init__(self, context: Context, module_id: str, agent_id: str, wait: float | None) -> None:
        self._context, self._module_id, self._agent_id, self._wait = context, module_id, agent_id, wait

    def intend(self, tx: Transaction, actor: Actor) -> Holder:
        """Decide that the module may be taken, and record who was told to stop, and until when that is waited for."""
        holder = _begin_handover(tx, actor, self._module_id, self._agent_id, self._wait)
        project = self._context.project
        if holder.workspace and os.path.lexists(workspace_path(project, holder.workspace)):
            workspace_folder(project, holder.workspace)  # the agent is not stopped where its work cannot be saved
        return holder

    def act(self, intent: Holder) -> SavedWork:
        """Wait for the receipt, end the session that ATLAS started, and commit what is there."""
        if intent.handover is None:
            return SavedWork(None, None)
        receipt = await_receipt(self._context, intent, self._wait)
        if intent.workspace is None or intent.workspace["ready_at"] is None:
            return SavedWork(None, receipt)
        stopping.stop_session(self._context, intent.assignment["agent"], self._module_id)
        return SavedWork(_save_work(self._context, intent.assignment, intent.workspace, self._agent_id), receipt)

    def conclude(self, tx: Transaction, actor: Actor, intent: Holder, effect: SavedWork) -> SavedWork:
        """Record the commit that holds the work; whoever gets the module begins there."""
        _, old, _ = takeable_module(tx, self._module_id, self._agent_id, force=True)
        if old["task_uuid"] == intent.assignment["task_uuid"] and old["handover"]:
            tx.patch(ASSIGNMENT, old, handover={**old["handover"], "saved": effect.saved})
            if effect.saved is not None:
                tx.emit("HandoverSaved", module=self._module_id, agent=old["agent"], commit=effect.saved[:12])
        return effect

    def take_back(self, intent: Holder, error: BaseException) -> str | None:
        """Leave the handover as it is recorded: it goes on where it was when it is given again."""
        return describe_open(intent.assignment) if intent.handover else None


def _begin_handover(tx: Transaction, actor: Actor, module_id: str, agent_id: str, wait: float | None) -> Holder:
    module, old, _ = takeable_module(tx, module_id, agent_id, force=True)
    workspace = workspace_of_task(tx, old["task_uuid"])
    was_there = _is_there(tx, old["agent"], workspace)
    if old["agent_type"] != AI:
        return Holder(old, workspace, None, was_there)
    handover = old["handover"]
    if handover is None:
        message_id = interrupts.stop_work(tx, actor, old, take_away_body(module), stop=True)
        if message_id is None:
            message_id = tell_agent_to_stop(tx, old)
        seconds = current_settings(tx)["reassign_wait_seconds"] if wait is None else wait
        until = clock.add_seconds(tx.at, int(seconds))
        handover = new_handover(to=agent_id, at=tx.at, until=until, told=[message_id])
    tx.emit("HandoverBegun", module=module_id, agent=old["agent"], to=agent_id)
    # Given again for a third agent, the stop stays as it was: only who gets the module changes.
    handover["to"] = agent_id
    return Holder(tx.patch(ASSIGNMENT, old, handover=handover), workspace, handover, was_there)


def _is_there(tx: Transaction, agent_id: str, workspace: Workspace | None) -> bool:
    """Whether some session may get a word to the agent: one that has not ended, or one that is elsewhere."""
    is_open = tx.count(SESSION, agent=agent_id, ended_at=None) > 0
    was_started = workspace is not None and workspace["process"] is not None
    return is_open or was_started or tx.need(AGENT, agent_id)["transport"] != BUILT_IN


def _save_work(context: Context, old: Assignment, workspace: Workspace, agent_id: str) -> str | None:
    """Commit all that is in a workspace to its branch; where its folder is gone, the branch is what there is."""
    project, name = context.project, workspace["name"]
    with file_lock.hold_lock(lock_path(project, name), f"workspace {name}", _PATIENCE):
        if not os.path.lexists(workspace_path(project, workspace)):
            return refs.find_commit(project.root, f"refs/heads/{workspace['branch']}")
        title = f"Work of {old['agent']} on {old['module']}, as {agent_id} takes it over"
        return commits.commit_all(workspace_folder(project, workspace), workspace["branch"], old["agent"], title)
