"""Carrying out that a module is given, with a workspace of its own for each assignment to an AI agent.

The agent is told only when the workspace is ready. A workspace that a crash left half made is finished by giving the
module to the same agent again. Whoever gets a module that others worked on begins where their work was saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from atlas.adapters.git import refs, tree_status
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import MODULE, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import Given
from atlas.core.rules.roles import Actor
from atlas.services.assignments import giving, handoff
from atlas.services.integration import branch
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import lock_path, workspace_of_task, workspace_path
from atlas.services.workspaces import drafts, reservation
from atlas.services.workspaces.building import build_workspace
from atlas.services.workspaces.restoring import require_folder

G = TypeVar("G", bound=Given)
Dispatched = tuple[G, Workspace | None, list[str]]
"""What giving a module came to, the workspace to do it in, and what is worth knowing."""


class Order(Generic[G]):
    """Which verb gives a module how, the files to copy into its workspace, and what its agent is handed over."""

    def __init__(
        self,
        verb: str,
        give: Callable[[Transaction], G],
        skeleton: Sequence[str] = (),
        made: handoff.Document | None = None,
    ) -> None:
        self.verb, self.give, self.skeleton, self.made = verb, give, skeleton, made


def carry_out(context: Context, order: Order[G], workspace: bool) -> Dispatched[G]:
    """Carry an order out: give the module, make the workspace, tell the agent."""
    foreseen, found = context.read(order.verb, lambda tx, actor: _foresee_result(tx, order.give))
    if not workspace or foreseen["assignment"]["agent_type"] != AI:
        _require_no_skeleton(order.skeleton)
        return context.transact(order.verb, lambda tx, actor: _give_without_workspace(tx, order))
    if foreseen["created"]:
        return _give_with_workspace(context, order, foreseen["module"], foreseen["assignment"]["continues"])
    if found is not None and found["status"] == "creating":
        with file_lock.hold_lock(lock_path(context.project, found["name"]), f"workspace {found['name']}"):
            found = build_workspace(context, order.verb, found["name"])
        return foreseen, found, []
    return foreseen, found, require_folder(context, order.verb, found) if found else []


def _foresee_result(tx: Transaction, give: Callable[[Transaction], G]) -> tuple[G, Workspace | None]:
    """What giving would come to, and the workspace that there is of it: this is looked at and thrown away."""
    result = give(tx)
    return result, workspace_of_task(tx, result["assignment"]["task_uuid"])


def _give_without_workspace(tx: Transaction, order: Order[G]) -> Dispatched[G]:
    result = order.give(tx)
    if result["created"]:
        _announce_order(tx, order, result)
    return result, None, []


def _announce_order(tx: Transaction, order: Order[G], result: G, folder: str | None = None) -> None:
    """Tell an AI agent of its task and of what was there before; where it gets a `folder`, once that is ready."""
    assignment, held = result["assignment"], folder is not None
    giving.announce_task(tx, assignment, folder, held)
    if order.made and assignment["agent_type"] == AI:
        module = tx.need(MODULE, assignment["module"])
        handoff.send_document(tx, module, assignment["agent"], order.made, assignment["task_uuid"], held)


def _require_no_skeleton(skeleton: Sequence[str]) -> None:
    if skeleton:
        raise AtlasError("--skeleton is for the workspace of an AI agent, and none is made here: leave it out")


def _give_with_workspace(context: Context, order: Order[G], module_id: str, continues: str | None) -> Dispatched[G]:
    project, verb = context.project, order.verb
    tip = branch.ensure_branch(context, verb)
    base = refs.find_commit(project.root, continues) if continues else None
    free = None if base else context.read(verb, lambda tx, actor: _free_workspace(tx, module_id))
    files = [drafts.skeleton_file(project.root, path) for path in dict.fromkeys(order.skeleton)]
    draft = None if free else drafts.draft_workspace(context, verb, module_id, base or tip, files)
    name = draft.name if draft else module_id

    def run(tx: Transaction, actor: Actor) -> G:
        result = order.give(tx)
        if not result["created"]:
            raise AtlasError(f"{module_id} was given to the same agent just now: nothing was changed")
        if draft:
            record = reservation.reserve_workspace(tx, draft, result["assignment"])
        else:
            record = reservation.adopt_workspace(
                tx, _require_free_workspace(tx, module_id), result["assignment"], files
            )
        _announce_order(tx, order, result, workspace_path(project, record))
        return result

    with file_lock.hold_lock(lock_path(project, name), f"workspace {name}"):
        result = context.transact(verb, run)
        ready = build_workspace(context, verb, name)
    notes = (
        ["the main directory has uncommitted changes, which no workspace has"]
        if tree_status.uncommitted_paths(project.root)
        else []
    )
    return result, ready, notes


def _free_workspace(tx: Transaction, name: str) -> Workspace | None:
    """The workspace of that name, if it is ready and belongs to nobody."""
    found = tx.get(WORKSPACE, name)
    is_free = found is not None and found["status"] == "ready" and found["task_uuid"] is None
    return found if is_free else None


def _require_free_workspace(tx: Transaction, name: str) -> Workspace:
    found = _free_workspace(tx, name)
    if found is None:
        raise AtlasError(f"workspace {name} was taken by somebody else just now: try again")
    return found
