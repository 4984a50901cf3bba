"""Removing a workspace without losing anything: refused while something would be lost, or saved first.

The folder is moved away in one step, then it is recorded as removed, then it is deleted. A crash before the record
leaves a folder to be put back, a crash after it one to be deleted.
"""

from __future__ import annotations

import os

from atlas.adapters.git import bundles, git, losses, refs, snapshots
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk, file_lock, process
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.kinds import ASSIGNMENT, WORKFLOW, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import LEFT, Workspace
from atlas.core.results.workspaces import RemoveWorkspaceResult
from atlas.core.rules.roles import Actor
from atlas.services.assignments.assignments import give_back, tell_stop
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import lock_path, workspace_folder, workspace_path

from .building import undo
from .clearing import clear, is_ours, put_back, trash_of, unfinished_bundles


def remove(context: Context, name: str, force: bool = False) -> RemoveWorkspaceResult:
    """Remove a workspace, its link and its branch; one that is removed already is only cleared of what is left.

    With `force` what would be lost is saved first in a bundle, and a module that is worked on there is given back.
    Raises AtlasError, saying what would be lost, unless nothing would or `force` is set.
    """
    record = context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))
    with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
        record = context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))
        kept = context.read(
            "remove-workspace", lambda tx, actor: kept_commits(tx, context.project, record["base_commit"])
        )
        if record["removed_at"] is not None:
            clear(context.project, record, kept)
            return {"workspace": record, "removed": False}
        if not force:
            context.read("remove-workspace", lambda tx, actor: _require_idle(tx, record))
        _require_not_running(record)
        if record["ready_at"] is None:
            undo(context, "remove-workspace", name, "removed before it was ready")
            removed = context.read("remove-workspace", lambda tx, actor: tx.need(WORKSPACE, name))
            return {"workspace": removed, "removed": True}
        put_back(context.project, record)
        saved = _move_away(context.project, record, kept, force)
        removed = context.transact("remove-workspace", lambda tx, actor: _note_removed(tx, actor, name, saved))
        clear(context.project, removed, kept)
    return {"workspace": removed, "removed": True}


def kept_commits(tx: Transaction, project: Project, base: str) -> list[str]:
    """Commits whose histories are kept elsewhere: where a workspace began, and the integration branch."""
    workflow = tx.only(WORKFLOW)
    branch = workflow["integration_branch"] if workflow else None
    tip = refs.commit_of(project.root, f"refs/heads/{branch}") if branch else None
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
    if running is not None and process.alive(running["pid"], running["birth"]):
        raise AtlasError(f"the session of {record['agent']} runs there: end it with `atlas stop-agent` first")


def _move_away(project: Project, record: Workspace, kept: list[str], force: bool) -> str | None:
    """Take the folder out of use, with nothing in it that would be lost; returns the bundle that was made for that."""
    path, trash = workspace_path(project, record), trash_of(project, record)
    if not os.path.lexists(path):
        return _save_branch(project, record, kept, force)
    if not is_ours(project, record):
        raise AtlasError(f"{path} is not the workspace that ATLAS made: it is left alone, remove it yourself")
    folder = workspace_folder(project, record)
    nested = losses.nested_repositories(folder)
    if nested:
        raise AtlasError(
            f"{os.path.join(folder, nested[0])} is a repository of its own, it would be lost: move it away"
        )
    hidden = hidden_changes(project, record)
    stake = losses.at_stake(folder, record["branch"], kept)
    stake += [f"changes in files kept out of commits: {', '.join(hidden)}"] if hidden else []
    if stake:
        _require_force(record, stake, force)
    before = snapshots.snapshot(folder, hidden) if stake else refs.head(folder)
    saved = _save(project, record, folder, hidden) if stake else None
    filled = losses.submodules(folder)  # they do not work where they are moved to
    os.rename(folder, trash)
    if not filled and snapshots.snapshot(trash, hidden) != before:
        os.rename(trash, folder)
        raise AtlasError(f"{folder} was changed while it was being removed: nothing was removed, try again")
    return saved


def _require_force(record: Workspace, stake: list[str], force: bool) -> None:
    if not force:
        raise AtlasError(
            f"workspace {record['name']} has {'; '.join(stake)}. Integrate that, or use --force, which saves it first"
        )


def hidden_changes(project: Project, record: Workspace) -> list[str]:
    """Files brought here from the main directory that git does not look at and that are not as they are there."""
    folder = workspace_folder(project, record)
    found = []
    for path in (*record["skeleton"], *record["copied"]):
        data = disk.read_bytes(os.path.join(folder, path))
        is_hidden = not git.run(folder, "ls-files", "-v", "--", f":(top,literal){path}").startswith("H ")
        if data is not None and is_hidden and data != disk.read_bytes(os.path.join(project.root, path)):
            found.append(path)
    return found


def _save(project: Project, record: Workspace, folder: str, hidden: list[str]) -> str:
    """Bundle everything, each submodule with work of its own too; returns the main bundle's path."""
    bundle = _bundle_path(project, record["name"])
    stem = bundle.removesuffix(".bundle")
    for number, path in enumerate(losses.submodules(folder), 1):
        bundles.save_submodule(os.path.join(folder, path), f"{stem}.submodule-{number}.bundle")
    bundles.save(folder, record["name"], record["branch"], record["base_commit"], hidden, bundle)
    disk.sync_folder(project.aside)
    return bundle


def _save_branch(project: Project, record: Workspace, kept: list[str], force: bool) -> str | None:
    """The same where the folder is gone: only the branch can be saved."""
    ref = f"refs/heads/{record['branch']}"
    lost = losses.lost_commits(project.root, [ref], kept)
    if not lost:
        return None
    _require_force(record, [losses.describe_commits(lost)], force)
    bundle = _bundle_path(project, record["name"])
    bundles.write_bundle(project.root, bundle, ref, "--not", record["base_commit"])
    return bundle


def _bundle_path(project: Project, name: str) -> str:
    disk.private_folder(project.aside)
    for path, owner in unfinished_bundles(project).items():
        if owner == name:
            os.unlink(path)
    stem = os.path.join(project.aside, f"{clock.compact(clock.now())}-workspace-{name}")
    number = 1
    while os.path.lexists(f"{stem}{'' if number == 1 else f'.{number}'}.bundle"):
        number += 1
    return f"{stem}{'' if number == 1 else f'.{number}'}.bundle"


def _note_removed(tx: Transaction, actor: Actor, name: str, saved: str | None) -> Workspace:
    record = tx.need(WORKSPACE, name)
    assignment = tx.get(ASSIGNMENT, record["task_uuid"] or "")
    if assignment is not None and assignment["status"] in LIVE:
        give_back(tx, assignment)
        tell_stop(tx, assignment)
    status = record["status"] if record["status"] in LEFT else "abandoned"
    return tx.patch(WORKSPACE, record, status=status, removed_at=tx.at, saved=saved, process=None, conflicts={})
