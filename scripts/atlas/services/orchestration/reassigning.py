"""Taking a module from its agent and giving it to another, with the work that was done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from atlas.adapters.system import file_lock
from atlas.core.records.kinds import ASSIGNMENT, MODULE
from atlas.core.records.whole import whole_assignment
from atlas.services.assignments import handoff, taking
from atlas.services.project.workspace_paths import lock_path, workspace_of_task
from atlas.services.workspaces import drafts
from atlas.services.workspaces.building import build_workspace

from . import handover
from .dispatch import Order, carry_out

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.assignments import Given, HandedOver, Reassigned, ReassignResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def redispatch_module(
    context: Context,
    module_id: str,
    agent_id: str,
    force: bool = False,
    workspace: bool = True,
    skeleton: Sequence[str] = (),
    wait: float | None = None,
) -> ReassignResult:
    """Take a module from its agent and give it to another. The workspace of the first stays, with all that is in it.

    With `force`, work that has begun goes on: its agent is told to stop, `wait` seconds are given to its receipt (by
    default those of the settings), all that it did is committed, and the other begins there, with a handoff. Given
    again after a crash it goes on where it was; given for the agent that was told to stop, it takes that back.
    Raises AtlasError when it cannot be taken; when the new workspace cannot be made the module waits for an agent.
    """
    settled = _finish_giving(context, module_id, agent_id) or handover.cancel_handover(context, module_id, agent_id)
    if settled is not None:
        return settled
    give = partial(taking.reassign_to, module_id=module_id, agent_id=agent_id, force=force)
    context.read("reassign", lambda tx, actor: give(tx))
    files = [drafts.skeleton_file(context.project.root, path) for path in skeleton]
    if not force:
        given, place, notes = carry_out(context, Order("reassign", give, files), workspace)
        reassigned: Reassigned = {**given, "workspace": place, "notes": notes}
        return reassigned
    taken = handover.stop_and_save(context, module_id, agent_id, wait)
    made = handoff.make_document(context, "reassign", module_id, agent_id)
    handoff.save_document(context, made)
    order = Order("reassign", partial(give, saved=taken.saved), files, made)
    given, place, notes = carry_out(context, order, workspace)
    handed_over: HandedOver = {
        **given,
        "workspace": place,
        "notes": notes,
        "saved": taken.saved,
        "receipt": taken.receipt,
        "handoff": made.file,
    }
    return handed_over


def _finish_giving(context: Context, module_id: str, agent_id: str) -> Reassigned | None:
    """Finish what a crash left of giving a module to an agent; None when nothing was left."""

    def find(tx: Transaction, actor: Actor) -> tuple[Given, Workspace] | None:
        module = tx.get(MODULE, module_id)
        assignment = tx.get(ASSIGNMENT, module["task_uuid"] or "") if module else None
        workspace = workspace_of_task(tx, assignment["task_uuid"]) if assignment else None
        if (
            assignment is None
            or workspace is None
            or workspace["agent"] != agent_id
            or workspace["status"] != "creating"
        ):
            return None
        whole = whole_assignment(tx, assignment)
        return {"module": module_id, "agent": agent_id, "assignment": whole, "created": False}, workspace

    found = context.read("reassign", find)
    if found is None:
        return None
    with file_lock.hold_lock(lock_path(context.project, found[1]["name"]), f"workspace {found[1]['name']}"):
        ready = build_workspace(context, "reassign", found[1]["name"])
    return {**found[0], "before": None, "left": None, "workspace": ready, "notes": []}
