"""Removing a workspace without losing anything: refused while something would be lost, or saved first.

The folder is moved away in one step, then it is recorded as removed, then it is deleted. A crash before the record
leaves a folder to be put back, a crash after it one to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.git import refs
from atlas.adapters.system import file_lock, process
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import ASSIGNMENT, WORKFLOW, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import LEFT, Workspace
from atlas.services.assignments.assignments import give_back_module, tell_agent_to_stop
from atlas.services.project.workspace_paths import lock_path

from .building import undo_building
from .clearing import clear_workspace, put_workspace_back
from .saving import move_away

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.paths import Project
    from atlas.core.results.workspaces import RemoveWorkspaceResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def remove_workspace(context: Context, name: str, force: bool = False) -> RemoveWorkspaceResult:
    """Remove a workspace, its link and its branch; one that is removed already is only cleared of what is left.

    With `force` what would be lost is saved first in a bundle, and a module that is worked on there is given back.
    Raises AtlasError, saying what would be lost, unless nothing would or `force` is set.
    """
    record = context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))
    with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
        # Read again, for another command may have removed it while this one waited for the lock.
        record = context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))
        kept = context.read(
            "remove-workspace", lambda tx, actor: kept_commits(tx, context.project, record["base_commit"])
        )
        if record["removed_at"] is not None:
            clear_workspace(context.project, record, kept)
            return {"workspace": record, "removed": False}
        if not force:
            context.read("remove-workspace", lambda tx, actor: _require_idle(tx, record))
        _require_not_running(record)
        if record["ready_at"] is None:
            undo_building(context, "remove-workspace", name, "removed before it was ready")
            removed = context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))
            return {"workspace": removed, "removed": True}
        put_workspace_back(context.project, record)
        saved = move_away(context.project, record, kept, force)
        removed = context.transact("remove-workspace", lambda tx, actor: _note_removed(tx, actor, name, saved))
        clear_workspace(context.project, removed, kept)
    return {"workspace": removed, "removed": True}


def kept_commits(tx: Transaction, project: Project, base: str) -> list[str]:
    """Commits whose histories are kept elsewhere: where a workspace began, and the integration branch."""
    workflow = tx.only(WORKFLOW)
    branch = workflow["integration_branch"] if workflow else None
    tip = refs.find_commit(project.root, f"refs/heads/{branch}") if branch else None
    return [base, *([tip] if tip else [])]


def _require_idle(tx: Transaction, record: Workspace) -> None:
    assignment = tx.get(ASSIGNMENT, record["task_uuid"] or "")
    if assignment is not None and assignment["status"] in LIVE:
        raise AtlasError(
            f"{assignment['agent']} works on {assignment['module']} there: reassign it first, or use --force, which "
            "takes the module back"
        )


def _require_not_running(record: Workspace) -> None:
    running = record["process"]
    if running is not None and process.is_alive(running["pid"], running["birth"]):
        raise AtlasError(f"the session of {record['agent']} runs there: end it with `atlas stop-agent` first")


def _note_removed(tx: Transaction, actor: Actor, name: str, saved: str | None) -> Workspace:
    record = tx.need(WORKSPACE, name)
    assignment = tx.get(ASSIGNMENT, record["task_uuid"] or "")
    if assignment is not None and assignment["status"] in LIVE:
        give_back_module(tx, assignment)
        tell_agent_to_stop(tx, assignment)
    tx.emit("WorkspaceRemoved", workspace=name)
    status = record["status"] if record["status"] in LEFT else "abandoned"
    return tx.patch(WORKSPACE, record, status=status, removed_at=tx.at, saved=saved, process=None, conflicts={})
