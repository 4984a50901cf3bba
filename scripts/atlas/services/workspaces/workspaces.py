"""Workspaces that belong to nobody yet, made ahead of an assignment.

A transaction records that one is being made, then it is made, then another transaction records how that went. Whoever
makes or removes one holds its lock, so one that is being made while its lock is free was left by a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atlas.adapters.system import file_lock
from atlas.core import ids
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKSPACE
from atlas.services.integration import branch as integration
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import lock_path

from .building import build_workspace
from .drafts import Draft, draft_workspace
from .reservation import reserve_workspace

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.workspaces import MadeWorkspace, UnmadeWorkspace, WorkspaceResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def create_workspaces(context: Context, names: Sequence[str]) -> WorkspaceResult:
    """Make workspaces that belong to nobody yet: an assignment of the module of that name takes one over.

    Returns each with what became of it. Raises AtlasError, with nothing changed, when a name cannot be used.
    """
    for name in names:
        ids.require_slug(name, "the workspace's name")
    if len(set(names)) < len(names):
        raise AtlasError("a name is given twice: name each workspace once")
    context.read("workspace", lambda tx, actor: executing_workflow(tx))
    left = [name for name in names if _was_left(context, name)]
    # What stands in the way of a name is found before the branch is made.
    drafts = [draft_workspace(context, "workspace", name, "", exact=True) for name in names if name not in left]
    base = integration.ensure_branch(context, "workspace")
    drafts = [draft._replace(base_commit=base) for draft in drafts]
    made = [_finish_workspace(context, name) for name in left] + [_create_workspace(context, each) for each in drafts]
    return {"workspaces": made, "failed": sum(one["error"] is not None for one in made)}


def _was_left(context: Context, name: str) -> bool:
    """Whether a crash ended an attempt to make this very workspace."""
    record = context.read("workspace", lambda tx, actor: tx.get(WORKSPACE, name))
    unowned = record is not None and record["task_uuid"] is None and record["status"] == "creating"
    return unowned and file_lock.is_free(lock_path(context.project, name))


def _finish_workspace(context: Context, name: str) -> MadeWorkspace | UnmadeWorkspace:
    try:
        with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
            return {"workspace": build_workspace(context, "workspace", name), "error": None}
    except AtlasError as error:
        return {"workspace": {"name": name}, "error": str(error)}


def _create_workspace(context: Context, wanted: Draft) -> MadeWorkspace | UnmadeWorkspace:
    def run(tx: Transaction, actor: Actor) -> Workspace:
        executing_workflow(tx)
        return reserve_workspace(tx, wanted, None)

    try:
        with file_lock.hold_lock(lock_path(context.project, wanted.name), f"workspace {wanted.name}"):
            context.transact("workspace", run)
            return {"workspace": build_workspace(context, "workspace", wanted.name), "error": None}
    except AtlasError as error:
        return {"workspace": {"name": wanted.name}, "error": str(error)}
