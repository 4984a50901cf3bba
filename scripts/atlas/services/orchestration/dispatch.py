"""Carrying out that a module is given, with a workspace of its own for each assignment to an AI agent.

The agent is told only when the workspace is ready. A workspace that a crash left half made is finished by giving the
module to the same agent again. Whoever gets a module that others worked on begins where their work was saved.
"""

from __future__ import annotations

from typing import Any, TypeVar

from atlas.adapters.git import refs, tree_status
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import MODULE, WORKSPACE
from atlas.core.records.plan import Module, Workflow
from atlas.core.records.team import AI
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import Given
from atlas.core.rules.roles import Actor
from atlas.services.assignments import giving, handoff
from atlas.services.integration.branch import BranchTip, locate_branch
from atlas.services.project.context import Context
from atlas.services.project.operation import carry_out
from atlas.services.project.workspace_paths import lock_path, workspace_path
from atlas.services.workspaces import reservation
from atlas.services.workspaces.building import Building, Finishing, Site, mark_ready
from atlas.services.workspaces.drafts import Draft, Ground, skeleton_files
from atlas.services.workspaces.own_files import refresh_briefing
from atlas.services.workspaces.restoring import require_folder

from .order import Foreseen, Order, foresee_result

G = TypeVar("G", bound=Given)
Dispatched = tuple[G, Workspace | None, list[str]]
"""What giving a module came to, the workspace to do it in, and what is worth knowing."""


def dispatch_order(context: Context, order: Order[G], workspace: bool) -> Dispatched[G]:
    """Carry an order out: give the module, make the workspace, tell the agent."""
    seen = context.read(order.verb, lambda tx, actor: foresee_result(tx, order))
    given: G = seen.given
    if not workspace or given["assignment"]["agent_type"] != AI:
        if order.skeleton:
            raise AtlasError("--skeleton is for the workspace of an AI agent, and none is made here: leave it out")
        return context.transact(order.verb, lambda tx, actor: _give_without_workspace(tx, order))
    if given["created"]:
        return _give_with_workspace(context, order, seen)
    if seen.found is not None and seen.found["status"] == "creating":
        return given, finish_workspace(context, order.verb, seen.workflow, seen.found), []
    return given, seen.found, require_folder(context, order.verb, seen.found) if seen.found else []


def finish_workspace(context: Context, verb: str, workflow: Workflow, found: Workspace) -> Workspace:
    """Finish a workspace that a process which died left half made. Raises AtlasError while another one is at it."""
    tip = locate_branch(context.project.root, workflow)
    with file_lock.hold_lock(lock_path(context.project, found["name"]), f"workspace {found['name']}"):
        return carry_out(context, Finishing(context, verb, tip, found))


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


def _give_with_workspace(context: Context, order: Order[G], seen: Foreseen) -> Dispatched[G]:
    root, assignment = context.project.root, seen.given["assignment"]
    module_id, continues = assignment["module"], assignment["continues"]
    files = skeleton_files(root, order.skeleton)
    ground = Ground(context.project, seen.workflow)
    base = refs.find_commit(root, continues) if continues else None
    draft = None
    if base or not _is_free(seen.taken.get(module_id)):
        draft = ground.draft_workspace(module_id, seen.taken, base or ground.tip.commit, files)
    name = draft.name if draft else module_id
    with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
        dispatch = _Dispatch(context, order, ground.tip, draft, files)
        result, ready = carry_out(context, dispatch)
        if dispatch.is_stale:
            refresh_briefing(context, order.verb, result["assignment"]["task_uuid"])
    dirty = bool(tree_status.uncommitted_paths(root))
    return result, ready, ["the main directory has uncommitted changes, which no workspace has"] if dirty else []


class _Dispatch(Building[G, "tuple[G, Workspace]"]):
    """Gives a module to an agent with a workspace: a drafted one, or the one of the module's name that is free."""

    def __init__(
        self, context: Context, order: Order[G], tip: BranchTip, draft: Draft | None, skeleton: list[str]
    ) -> None:
        super().__init__(context, order.verb, tip)
        self._order, self._draft, self._skeleton = order, draft, skeleton
        self._module: Module | None = None
        self.is_stale = False
        """Whether the module was changed while the workspace was made: the agent's briefing there is to be renewed."""

    def intend(self, tx: Transaction, actor: Actor) -> Site[G]:
        """Decide again that the module may be given, and record that, with the workspace that is about to be made."""
        given = self._order.give(tx)
        assignment = given["assignment"]
        if not given["created"]:
            raise AtlasError(f"{assignment['module']} was given to the same agent just now: nothing was changed")
        if self._draft:
            record = reservation.reserve_workspace(tx, self._draft, assignment)
        else:
            free = _require_free(tx, assignment["module"])
            record = reservation.adopt_workspace(tx, free, assignment, self._skeleton)
        _announce_order(tx, self._order, given, workspace_path(self.context.project, record))
        self._module = tx.get(MODULE, assignment["module"])
        return self.reserved(tx, record, given)

    def conclude(self, tx: Transaction, actor: Actor, intent: Site[G], effect: dict[str, Any]) -> tuple[G, Workspace]:
        """Record that the workspace is ready; its agent is told now."""
        self.is_stale = tx.get(MODULE, intent.given["assignment"]["module"]) != self._module
        return intent.given, mark_ready(tx, intent.record["name"], effect)


def _is_free(workspace: Workspace | None) -> bool:
    """Whether a workspace is ready and belongs to nobody."""
    return workspace is not None and workspace["status"] == "ready" and workspace["task_uuid"] is None


def _require_free(tx: Transaction, name: str) -> Workspace:
    found = tx.get(WORKSPACE, name)
    if found is None or not _is_free(found):
        raise AtlasError(f"workspace {name} was taken by somebody else just now: try again")
    return found
