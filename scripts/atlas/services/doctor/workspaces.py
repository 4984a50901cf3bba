"""The doctor's look at workspaces: records without a worktree, worktrees without a record, and what a crash left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from atlas.adapters.git import git, refs, worktree
from atlas.adapters.store import schema
from atlas.adapters.system import file_lock, process
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import LANDING, WORKSPACE
from atlas.core.records.workspace import LEFT, Process, Workspace
from atlas.services.project.workspace_paths import LOCK_REASON, lock_path, workspace_fault, workspace_path
from atlas.services.proof.completion import is_landing_free
from atlas.services.proof.settling import settle_landing
from atlas.services.workspaces import tools_script
from atlas.services.workspaces.building import undo_building
from atlas.services.workspaces.clearing import (
    clear_workspace,
    is_linked,
    make_link,
    put_workspace_back,
    trash_path,
)
from atlas.services.workspaces.own_files import is_equipped, renew_own_files
from atlas.services.workspaces.removal import integration_branch, kept_commits
from atlas.services.workspaces.restoring import rebuild_or_clear
from atlas.services.workspaces.saving import unfinished_bundles

from .fault import Fault
from .findings import REPAIR, count_things, ok, problem, warning
from .leftovers import leftover_faults, remove_link, unknown_worktrees

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.paths import Project
    from atlas.core.results.doctor import Finding
    from atlas.services.project.context import Context

_STALE_SECONDS = 600
_ROUNDS = 3


def workspace_findings(project: Project, tx: Transaction) -> Iterator[Finding]:
    """What is wrong with the workspaces, or that nothing is. Changes nothing."""
    try:
        faults = [fault for name, fault in _all_faults(project, tx)]
    except AtlasError as error:
        yield warning("workspaces", str(error), "see what git says in the project")
        return
    yield from (fault.level("workspaces", fault.what, f"{fault.mend}: {REPAIR}") for fault in faults)
    if not faults:
        there = tx.count(WORKSPACE, removed_at=None)
        yield ok("workspaces", f"{count_things(there, 'workspace')}, each with its worktree, branch and link")


def repair_workspaces(context: Context, notice: Callable[[str], None]) -> None:
    """Mend what `workspace_findings` tells of, each workspace under its lock; one that a command is at work on is
    passed over."""
    for _ in range(_ROUNDS):
        faults = context.read("repair", lambda tx, actor: list(_all_faults(context.project, tx)))
        if not faults:
            return
        for name, fault in faults:
            try:
                with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
                    still = _found_again(context, name, fault.what)
                    if still is None:
                        continue
                    still.fix(context)
            except (AtlasError, OSError) as error:
                notice(f"{fault.what}, and that could not be mended: {error}")
            else:
                notice(f"{fault.what}: {fault.mend}")


def _found_again(context: Context, name: str, what: str) -> Fault | None:
    """The fault as it is now that nobody else is at work on its workspace; None when somebody mended it meanwhile."""
    now = context.read("repair", lambda tx, actor: list(_all_faults(context.project, tx, held=name)))
    return next((fault for owner, fault in now if (owner, fault.what) == (name, what)), None)


def _all_faults(project: Project, tx: Transaction, held: str | None = None) -> Iterator[tuple[str, Fault]]:
    """Every fault with the name of the workspace whose lock guards its mending, which is `held` or free."""
    entries = {entry.path: entry for entry in worktree.list_worktrees(project.root)}
    branches, integrated = refs.local_branches(project.root), kept_commits(project, integration_branch(tx), "")[1:]
    records = [record for record in tx.all(WORKSPACE) if not schema.schema_faults("workspace", record)]
    # First: until a merge is settled, the workspace that it comes from is as it should be.
    left = tx.all(LANDING)
    for landing in left if left and is_landing_free(project) else []:
        what = f"the merge of {landing['id']} was interrupted"
        yield landing["id"], Fault(warning, what, "record it if it is on the branch, or put it back", _settle_landings)
        return
    for record in records:
        if record["name"] == held or file_lock.is_free(lock_path(project, record["name"])):
            if record["removed_at"] is None:
                faults = _record_faults(project, record, entries)
            else:
                kept = [record["base_commit"], *integrated]
                faults = leftover_faults(project, record, entries, kept, record["branch"] in branches)
            yield from ((record["name"], fault) for fault in faults)
    known = {record["name"] for record in records}
    for path, name in unfinished_bundles(project).items():
        if name == held or file_lock.is_free(lock_path(project, name)):
            what = f"{path} was left by a command that was killed while it saved {name}"
            yield name, Fault(warning, what, "remove it", partial(remove_link, path=path))
    yield from unknown_worktrees(project, known, entries)
    if records and tools_script.is_stale(project):
        what = "the launcher orchestration.py is missing, or starts another ATLAS"
        yield "launcher", Fault(warning, what, "write it again", lambda c: tools_script.write_script(c.project))


# Of a workspace that should be there


def _record_faults(project: Project, record: Workspace, entries: dict[str, Any]) -> Iterator[Fault]:
    name, path = record["name"], workspace_path(project, record)
    if os.path.isdir(trash_path(project, record)) and not os.path.lexists(path):
        yield Fault(
            warning,
            f"the removal of {name} was interrupted",
            "put it back",
            lambda c: _put_folder_back(c.project, record),
        )
    elif record["status"] == "creating" or record["ready_at"] is None:
        yield Fault(
            warning,
            f"{name} was left half made by a command that was killed",
            "take it back, with the assignment that it was for",
            lambda c: undo_building(c, "repair", name, "left half made by a command that was killed"),
        )
    elif not os.path.isdir(path):
        yield _gone_fault(project, record)
    elif path not in entries and os.path.isfile(os.path.join(path, ".git")):
        yield Fault(
            problem,
            f"git does not know the worktree of {name}: was the repository moved?",
            "tell git where it is",
            lambda c: _reconnect_worktree(c, record),
        )
    elif (fault := workspace_fault(project, record)) is not None:
        yield Fault(
            problem,
            f"{path} {fault}, it is not the workspace {name}",
            "move it away, then make the workspace again from its branch",
            lambda c: _require_moved_away(path),
        )
    else:
        yield from _detail_faults(project, record, entries[path])


def _settle_landings(context: Context) -> None:
    settle_landing(context)


def _put_folder_back(project: Project, record: Workspace) -> None:
    put_workspace_back(project, record)


def _require_moved_away(path: str) -> None:
    raise AtlasError(f"ATLAS moves nothing that it did not make: move {path} away, then run this again")


def _gone_fault(project: Project, record: Workspace) -> Fault:
    name, left = record["name"], record["status"] in LEFT
    if left or refs.find_commit(project.root, f"refs/heads/{record['branch']}") is None:
        return Fault(
            warning if left else problem,
            f"the folder of {name} is gone" + ("" if left else ", and so is its branch"),
            "note that it is removed",
            lambda c: _note_gone(c, record),
        )
    return Fault(
        problem,
        f"the folder of {name} is gone; what was committed is on {record['branch']}",
        "make it again from there",
        lambda c: rebuild_or_clear(c, "repair", record),
    )


def _note_gone(context: Context, record: Workspace) -> None:
    if record["status"] not in LEFT:
        undo_building(
            context, "repair", record["name"], "its folder and its branch were removed by somebody", cleared=True
        )
    removed = context.transact("repair", lambda tx, actor: _mark_removed(tx, record["name"]))
    clear_workspace(context.project, removed, _kept_commits(context, record))


def _kept_commits(context: Context, record: Workspace) -> list[str]:
    return kept_commits(context.project, context.look(integration_branch), record["base_commit"])


def _mark_removed(tx: Transaction, name: str) -> Workspace:
    record = tx.need(WORKSPACE, name)
    tx.emit("WorkspaceRemoved", workspace=name)
    status = record["status"] if record["status"] in LEFT else "abandoned"
    return tx.patch(WORKSPACE, record, status=status, removed_at=record["removed_at"] or tx.at, process=None)


def _reconnect_worktree(context: Context, record: Workspace) -> None:
    path = workspace_path(context.project, record)
    git.run_git(context.project.root, "worktree", "repair", path)
    renew_own_files(context, "repair", record)


def _detail_faults(project: Project, record: Workspace, entry: worktree.WorktreeEntry) -> Iterator[Fault]:
    name, path = record["name"], workspace_path(project, record)
    if record["status"] == "merging":
        yield Fault(
            warning,
            f"the merge of {name} was interrupted",
            f"let `atlas complete {record['module']}` be run again",
            lambda c: c.transact("repair", lambda tx, actor: _note_merge_stopped(tx, name)),
        )
    if not is_linked(project, record):
        yield Fault(
            warning,
            f"the link to {name} is missing or leads elsewhere",
            "link it",
            lambda c: make_link(project, record),
        )
    yield from _locks(project, name, path, entry)
    if record["status"] == "ready" and not is_equipped(path):
        yield Fault(
            warning,
            f"ATLAS's own files in {name} are missing, or of another version",
            "write them again",
            lambda c: renew_own_files(c, "repair", record),
        )
    yield from _ended_session(record)


def _ended_session(record: Workspace) -> Iterator[Fault]:
    name, running = record["name"], record["process"]
    if running is not None and not process.is_alive(running["pid"], running["birth"]):
        yield Fault(
            warning,
            f"the session of {record['agent']} in {name} has ended",
            "note that; `atlas launch` starts another",
            lambda c: c.transact("repair", lambda tx, actor: _note_session_ended(tx, name, running)),
        )


def _locks(project: Project, name: str, path: str, entry: worktree.WorktreeEntry) -> Iterator[Fault]:
    """The lock that a worktree should have, and the one that a git command left in it."""
    if entry.locked is None:
        lock = ("worktree", "lock", f"--reason={LOCK_REASON}", path)
        yield Fault(
            warning,
            f"git may prune the worktree of {name}: it is not locked",
            "lock it",
            lambda c: _run_git(project.root, *lock),
        )
    stale = os.path.join(worktree.git_folder(path), "index.lock")
    if os.path.exists(stale) and time.time() - os.stat(stale).st_mtime > _STALE_SECONDS:
        yield Fault(
            warning, f"a git command was killed in {name}: {stale}", "remove its lock", lambda c: os.unlink(stale)
        )


def _note_merge_stopped(tx: Transaction, name: str) -> None:
    tx.patch(WORKSPACE, tx.need(WORKSPACE, name), status="ready")
    tx.emit("WorkspaceMended", workspace=name, text="status: ready")


def _note_session_ended(tx: Transaction, name: str, ended: Process) -> None:
    """A launch does not hold the workspace's lock: what it recorded meanwhile stays."""
    record = tx.need(WORKSPACE, name)
    if record["process"] == ended:
        tx.patch(WORKSPACE, record, process=None)
        tx.emit("WorkspaceMended", workspace=name, text="process: None")


def _run_git(root: str, *words: str) -> None:
    git.run_git(root, *words)
