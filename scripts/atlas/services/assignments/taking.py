"""Taking a module from its agent and giving it to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.records.kinds import AGENT
from atlas.services.messages.mailbox import withdraw_held_messages
from atlas.services.project.phases import executing_workflow

from .assignments import leave_workspace, live_assignment, release_assignment, tell_agent_to_stop, workspace_to_leave
from .giving import give_module, giving_result

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.records.team import Agent
    from atlas.core.results.assignments import TakenOver


def takeable_module(tx: Transaction, module_id: str, agent_id: str, force: bool) -> tuple[Module, Assignment, Agent]:
    """A module, its live assignment, and the agent that shall get it.

    Raises AtlasError when nobody has the module, it is the same agent, work on it has begun (unless `force`), or it is
    being merged.
    """
    executing_workflow(tx)
    new = tx.need(AGENT, agent_id)
    module, old = live_assignment(tx, module_id)
    if old["agent"] == agent_id:
        raise AtlasError(f"{module_id} is {agent_id}'s already")
    if module["status"] != "assigned" and not force:
        raise AtlasError(f"{module_id} is {module['status']}: work has begun; use --force to take it away")
    workspace_to_leave(tx, old)
    return module, old, new


def reassign_to(tx: Transaction, module_id: str, agent_id: str, force: bool) -> TakenOver:
    """The assignment of a module that was another agent's, not yet announced; that one is told to stop.

    Its workspace is left as it is. Raises what `takeable_module` raises.
    """
    module, old, new = takeable_module(tx, module_id, agent_id, force)
    left = leave_workspace(tx, old)
    handover = old["handover"]
    release_assignment(tx, old)
    tx.emit("ModuleReassigned", module=module_id, agent=agent_id, before=old["agent"])
    withdraw_held_messages(tx, old["task_uuid"])
    if handover is None or not any(told.startswith("msg-") for told in handover["told"]):
        tell_agent_to_stop(tx, old)
    return {
        **giving_result(tx, module, new, give_module(tx, module, new), created=True),
        "before": old["agent"],
        "left": left,
    }
