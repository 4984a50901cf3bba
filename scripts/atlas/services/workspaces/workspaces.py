"""Workspaces that belong to nobody yet, made ahead of an assignment.

Whoever makes or removes one holds its lock, so one that is being made while its lock is free was left by a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from atlas.adapters.system import file_lock
from atlas.core import ids
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKSPACE
from atlas.services.project.operation import carry_out
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import lock_path

from .building import Building, Finishing, Site, mark_ready
from .drafts import Draft, Ground
from .reservation import reserve_workspace

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Workflow
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.workspaces import MadeWorkspace, UnmadeWorkspace, WorkspaceResult
    from atlas.core.rules.roles import Actor
    from atlas.services.integration.branch import BranchTip
    from atlas.services.project.context import Context

_VERB = "workspace"


def create_workspaces(context: Context, names: Sequence[str]) -> WorkspaceResult:
    """Make workspaces that belong to nobody yet: an assignment of the module of that name takes one over.

    Returns each with what became of it. Raises AtlasError, with nothing changed, when a name cannot be used.
    """
    for name in names:
        ids.require_slug(name, "the workspace's name")
    if len(set(names)) < len(names):
        raise AtlasError("a name is given twice: name each workspace once")
    workflow, taken = context.read(_VERB, _find_taken)
    left = [name for name in names if _was_left(context, taken.get(name))]
    ground = Ground(context.project, workflow)
    base = ground.tip.commit
    drafts = [ground.draft_workspace(name, taken, base, [], exact=True) for name in names if name not in left]
    buildings: dict[str, Building[None, Workspace]] = {
        **{name: Finishing(context, _VERB, ground.tip, taken[name]) for name in left},
        **{one.name: _Creation(context, ground.tip, one) for one in drafts},
    }
    made = {name: _make_one(context, name, building) for name, building in buildings.items()}
    errors = [one for one in made.values() if isinstance(one, AtlasError)]
    if len(errors) == len(made) and all(error.exit_code == 1 for error in errors):
        raise errors[0]  # nothing was changed
    return {"workspaces": [_result_of(name, one) for name, one in made.items()], "failed": len(errors)}


def _result_of(name: str, made: Workspace | AtlasError) -> MadeWorkspace | UnmadeWorkspace:
    if isinstance(made, AtlasError):
        return {"workspace": {"name": name}, "error": str(made)}
    return {"workspace": made, "error": None}


def _find_taken(tx: Transaction, actor: Actor) -> tuple[Workflow, dict[str, Workspace]]:
    return executing_workflow(tx), {one["name"]: one for one in tx.where(WORKSPACE, removed_at=None)}


def _was_left(context: Context, record: Workspace | None) -> bool:
    """Whether a crash ended an attempt to make this very workspace."""
    unowned = record is not None and record["task_uuid"] is None and record["status"] == "creating"
    return record is not None and unowned and file_lock.is_free(lock_path(context.project, record["name"]))


def _make_one(context: Context, name: str, building: Building[None, Workspace]) -> Workspace | AtlasError:
    try:
        with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
            return carry_out(context, building)
    except AtlasError as error:
        return error


class _Creation(Building[None, "Workspace"]):
    """Makes a workspace that belongs to nobody."""

    def __init__(self, context: Context, tip: BranchTip, draft: Draft) -> None:
        super().__init__(context, _VERB, tip)
        self._draft = draft

    def intend(self, tx: Transaction, actor: Actor) -> Site[None]:
        """Record that it is about to be made."""
        executing_workflow(tx)
        return self.reserved(tx, reserve_workspace(tx, self._draft, None), None)

    def conclude(self, tx: Transaction, actor: Actor, intent: Site[None], effect: dict[str, Any]) -> Workspace:
        """Record that it is ready."""
        return mark_ready(tx, self._draft.name, effect)
