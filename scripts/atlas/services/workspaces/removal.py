"""Removing a workspace without losing anything: refused while something would be lost, or saved first.

The folder is moved away in one step, then it is recorded as removed, then it is deleted. A crash before the record
leaves a folder to be put back, a crash after it one to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.git import refs
from atlas.adapters.system import file_lock, process
from atlas.core.errors import AtlasError, OperationFailed
from atlas.core.records.kinds import ASSIGNMENT, WORKFLOW, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import LEFT, Workspace
from atlas.services.assignments.assignments import give_back_module, tell_agent_to_stop
from atlas.services.project.operation import Operation, carry_out, error_text
from atlas.services.project.workspace_paths import lock_path

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
    context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))  # a name that no record has is no path
    with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
        removal = _Removal(context, name, force)
        result = carry_out(context, removal)
        try:
            clear_workspace(context.project, result["workspace"], removal.kept)
        except (AtlasError, OSError) as error:
            left = f"{name} is removed, but what is left of it could not be deleted: {error_text(error)}"
            raise OperationFailed(f"{left}: see `atlas doctor`") from error
        return result


class _Removal(Operation["Workspace", "str | None", "RemoveWorkspaceResult"]):
    """Moves a workspace's folder away with all that would be lost saved, and records it as removed."""

    verb = "remove-workspace"

    def __init__(self, context: Context, name: str, force: bool) -> None:
        self._context, self._name, self._force = context, name, force
        self._branch: str | None = None
        self.kept: list[str] = []
        """Commits whose histories are kept elsewhere."""

    def intend(self, tx: Transaction, actor: Actor) -> Workspace:
        """Decide that it may be removed; what a process that dies leaves shows in the folder, not in the records."""
        record = tx.need(WORKSPACE, self._name)
        if record["removed_at"] is None:
            if not self._force:
                _require_idle(tx, record)
            _require_not_running(record)
        self._branch = integration_branch(tx)
        return record

    def act(self, intent: Workspace) -> str | None:
        """Take the folder out of use; returns the bundle that was made of what would be lost."""
        project = self._context.project
        self.kept = kept_commits(project, self._branch, intent["base_commit"])
        if intent["removed_at"] is not None or intent["ready_at"] is None:
            clear_workspace(project, intent, self.kept)
            return None
        put_workspace_back(project, intent)
        return move_away(project, intent, self.kept, self._force)

    def conclude(self, tx: Transaction, actor: Actor, intent: Workspace, effect: str | None) -> RemoveWorkspaceResult:
        """Record that it is removed; its module waits for an agent."""
        if intent["removed_at"] is not None:
            return {"workspace": intent, "removed": False}
        if not self._force:
            _require_idle(tx, tx.need(WORKSPACE, self._name))
        return {"workspace": _note_removed(tx, self._name, effect), "removed": True}

    def take_back(self, intent: Workspace, error: BaseException) -> None:
        """Put the folder back, if it was moved."""
        if intent["removed_at"] is None:
            put_workspace_back(self._context.project, intent)

    def leave_open(self, intent: Workspace, effect: str | None) -> str | None:
        """Put the folder back, where it was moved."""
        if intent["ready_at"] is None:
            return f"run `atlas remove-workspace {self._name}` again"
        self.take_back(intent, AtlasError(""))
        return None


def integration_branch(tx: Transaction) -> str | None:
    """The name of the integration branch, once there is one."""
    workflow = tx.only(WORKFLOW)
    return workflow["integration_branch"] if workflow else None


def kept_commits(project: Project, branch: str | None, base: str) -> list[str]:
    """Commits whose histories are kept elsewhere: where a workspace began, and the integration branch."""
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


def _note_removed(tx: Transaction, name: str, saved: str | None) -> Workspace:
    record = tx.need(WORKSPACE, name)
    assignment = tx.get(ASSIGNMENT, record["task_uuid"] or "")
    if assignment is not None and assignment["status"] in LIVE:
        give_back_module(tx, assignment)
        if record["ready_at"]:  # before that, its agent was never told of the task
            tell_agent_to_stop(tx, assignment)
    tx.emit("WorkspaceRemoved", workspace=name)
    status = record["status"] if record["status"] in LEFT else "abandoned"
    return tx.patch(WORKSPACE, record, status=status, removed_at=tx.at, saved=saved, process=None, conflicts={})
