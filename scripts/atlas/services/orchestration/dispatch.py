"""Giving modules to agents, with a workspace of its own for each assignment to an AI agent.

The agent is told only when the workspace is ready. A workspace that a crash left half made is finished by giving the
module to the same agent again. Whoever gets a module that others worked on begins where their work was saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from atlas.adapters.git import refs, tree_status
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import AssignResult, Given, HandedOver, Reassigned, ReassignResult
from atlas.core.rules.roles import Actor
from atlas.services.assignments import giving, handoff, taking
from atlas.services.integration import branch
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import lock_path, workspace_of_task, workspace_path
from atlas.services.workspaces import drafts, reservation
from atlas.services.workspaces.building import build

from . import handover

G = TypeVar("G", bound=Given)
Dispatched = tuple[G, Workspace | None, list[str]]
"""What giving a module came to, the workspace to do it in, and what is worth knowing."""


class _Order(Generic[G]):
    """Which verb gives a module how, the files to copy into its workspace, and what its agent is handed over."""

    def __init__(
        self,
        verb: str,
        give: Callable[[Transaction], G],
        skeleton: Sequence[str] = (),
        made: handoff.Document | None = None,
    ) -> None:
        self.verb, self.give, self.skeleton, self.made = verb, give, skeleton, made


def assign(
    context: Context,
    module_id: str,
    agent_id: str,
    force: bool = False,
    workspace: bool = True,
    skeleton: Sequence[str] = (),
) -> AssignResult:
    """Give a pending module to a registered agent; the same again changes nothing, but finishes what a crash left.

    Raises AtlasError when the module cannot be given, or its workspace cannot be made: then nobody has the module.
    """
    give = partial(giving.give_pending, module_id=module_id, agent_id=agent_id, force=force)
    given, place, notes = _dispatch(context, _Order("assign", give, skeleton), workspace)
    return {**given, "workspace": place, "notes": notes}


def reassign(
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
    finished = _finish(context, module_id, agent_id)
    if finished is not None:
        return finished
    kept = handover.cancel(context, module_id, agent_id)
    if kept is not None:
        return kept
    give = partial(taking.reassign_to, module_id=module_id, agent_id=agent_id, force=force)
    context.read("reassign", lambda tx, actor: give(tx))
    files = [drafts.skeleton_file(context.project.root, path) for path in skeleton]
    if not force:
        given, place, notes = _dispatch(context, _Order("reassign", give, files), workspace)
        reassigned: Reassigned = {**given, "workspace": place, "notes": notes}
        return reassigned
    taken = handover.stop_and_save(context, module_id, agent_id, wait)
    made = handoff.make(context, "reassign", module_id, agent_id)
    handoff.save_document(context, made)
    order = _Order("reassign", partial(give, saved=taken.saved), files, made)
    given, place, notes = _dispatch(context, order, workspace)
    handed_over: HandedOver = {
        **given,
        "workspace": place,
        "notes": notes,
        "saved": taken.saved,
        "receipt": taken.receipt,
        "handoff": made.file,
    }
    return handed_over


def _finish(context: Context, module_id: str, agent_id: str) -> Reassigned | None:
    """Finish what a crash left of giving a module to an agent; None when nothing was left."""

    def find(tx: Transaction, actor: Actor) -> tuple[Given, Workspace] | None:
        module = tx.get(MODULE, module_id)
        assignment = tx.get(ASSIGNMENT, module["task_uuid"] or "") if module else None
        place = workspace_of_task(tx, assignment["task_uuid"]) if assignment else None
        if assignment is None or place is None or place["agent"] != agent_id or place["status"] != "creating":
            return None
        return {"module": module_id, "agent": agent_id, "assignment": assignment, "created": False}, place

    found = context.read("reassign", find)
    if found is None:
        return None
    with file_lock.hold_lock(lock_path(context.project, found[1]["name"]), f"workspace {found[1]['name']}"):
        ready = build(context, "reassign", found[1]["name"])
    return {**found[0], "before": None, "left": None, "workspace": ready, "notes": []}


def _dispatch(context: Context, order: _Order[G], workspace: bool) -> Dispatched[G]:
    foreseen, found = context.read(order.verb, lambda tx, actor: _foresee(tx, order.give))
    if not workspace or foreseen["assignment"]["agent_type"] != AI:
        _require_no_skeleton(order.skeleton)
        return context.transact(order.verb, lambda tx, actor: _give_plainly(tx, order))
    if foreseen["created"]:
        return _with_workspace(context, order, foreseen["module"], foreseen["assignment"]["continues"])
    if found is not None and found["status"] == "creating":
        with file_lock.hold_lock(lock_path(context.project, found["name"]), f"workspace {found['name']}"):
            found = build(context, order.verb, found["name"])
    return foreseen, found, []


def _foresee(tx: Transaction, give: Callable[[Transaction], G]) -> tuple[G, Workspace | None]:
    """What giving would come to, and the workspace that there is of it: this is looked at and thrown away."""
    result = give(tx)
    return result, workspace_of_task(tx, result["assignment"]["task_uuid"])


def _give_plainly(tx: Transaction, order: _Order[G]) -> Dispatched[G]:
    result = order.give(tx)
    if result["created"]:
        _announce(tx, order, result)
    return result, None, []


def _announce(tx: Transaction, order: _Order[G], result: G, folder: str | None = None) -> None:
    """Tell an AI agent of its task and of what was there before; where it gets a `folder`, once that is ready."""
    assignment, held = result["assignment"], folder is not None
    giving.announce(tx, assignment, folder, held)
    if order.made and assignment["agent_type"] == AI:
        module = tx.need(MODULE, assignment["module"])
        handoff.tell(tx, module, assignment["agent"], order.made, assignment["task_uuid"], held)


def _require_no_skeleton(skeleton: Sequence[str]) -> None:
    if skeleton:
        raise AtlasError("--skeleton is for the workspace of an AI agent, and none is made here: leave it out")


def _with_workspace(context: Context, order: _Order[G], module_id: str, continues: str | None) -> Dispatched[G]:
    project, verb = context.project, order.verb
    tip = branch.ensure(context, verb)
    base = refs.commit_of(project.root, continues) if continues else None
    free = None if base else context.read(verb, lambda tx, actor: _free(tx, module_id))
    files = [drafts.skeleton_file(project.root, path) for path in dict.fromkeys(order.skeleton)]
    draft = None if free else drafts.draft(context, verb, module_id, base or tip, files)
    name = draft.name if draft else module_id

    def run(tx: Transaction, actor: Actor) -> G:
        result = order.give(tx)
        if not result["created"]:
            raise AtlasError(f"{module_id} was given to the same agent just now: nothing was changed")
        if draft:
            record = reservation.reserve(tx, draft, result["assignment"])
        else:
            record = reservation.adopt(tx, _still_free(tx, module_id), result["assignment"], files)
        _announce(tx, order, result, workspace_path(project, record))
        return result

    with file_lock.hold_lock(lock_path(project, name), f"workspace {name}"):
        result = context.transact(verb, run)
        ready = build(context, verb, name)
    notes = (
        ["the main directory has uncommitted changes, which no workspace has"]
        if tree_status.changes(project.root)
        else []
    )
    return result, ready, notes


def _free(tx: Transaction, name: str) -> Workspace | None:
    """The workspace of that name, if it is ready and belongs to nobody."""
    found = tx.get(WORKSPACE, name)
    is_free = found is not None and found["status"] == "ready" and found["task_uuid"] is None
    return found if is_free else None


def _still_free(tx: Transaction, name: str) -> Workspace:
    found = _free(tx, name)
    if found is None:
        raise AtlasError(f"workspace {name} was taken by somebody else just now: try again")
    return found
