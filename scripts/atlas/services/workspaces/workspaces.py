"""Workspaces: a git worktree for each assignment to an AI agent, ready to work in before anybody is told of it.

A transaction records that one is being made, then it is made, then another transaction records how that went. Whoever
makes or removes one holds its lock, so one that is being made while its lock is free was left by a crash.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from atlas.adapters.git import refs, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import file_lock
from atlas.core import ids
from atlas.core.errors import AtlasError
from atlas.core.paths import WORKTREES, Project, inner_path
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import Workspace, new_workspace
from atlas.core.results.workspaces import MadeWorkspace, UnmadeWorkspace, WorkspaceResult
from atlas.core.rules.roles import Actor
from atlas.services.integration import branch as integration
from atlas.services.integration import branch_choice
from atlas.services.project.context import Context
from atlas.services.project.phases import executing
from atlas.services.project.workspace_paths import lock_path

from .building import build

BRANCHES = "atlas/"
_MOST_NAMES = 100


class Draft(NamedTuple):
    """A workspace that could be made: nothing has its name, its branch or its place."""

    name: str
    branch: str
    base_commit: str
    skeleton: list[str]


class Owner(TypedDict):
    """The fields of a workspace's record that say whose it is."""

    module: str
    agent: str
    task_uuid: str


def create(context: Context, names: Sequence[str]) -> WorkspaceResult:
    """Make workspaces that belong to nobody yet: an assignment of the module of that name takes one over.

    Returns each with what became of it. Raises AtlasError, with nothing changed, when a name cannot be used.
    """
    for name in names:
        ids.require_slug(name, "the workspace's name")
    if len(set(names)) < len(names):
        raise AtlasError("a name is given twice: name each workspace once")
    context.read("workspace", lambda tx, actor: executing(tx))
    left = [name for name in names if _was_left(context, name)]
    base = integration.ensure(context, "workspace")
    drafts = [draft(context, "workspace", name, base, exact=True) for name in names if name not in left]
    made = [_finish(context, name) for name in left] + [_create(context, each) for each in drafts]
    return {"workspaces": made, "failed": sum(one["error"] is not None for one in made)}


def _was_left(context: Context, name: str) -> bool:
    """Whether a crash ended an attempt to make this very workspace."""
    record = context.read("workspace", lambda tx, actor: tx.get(WORKSPACE, name))
    unowned = record is not None and record["task_uuid"] is None and record["status"] == "creating"
    return unowned and file_lock.is_free(lock_path(context.project, name))


def _finish(context: Context, name: str) -> MadeWorkspace | UnmadeWorkspace:
    try:
        with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
            return {"workspace": build(context, "workspace", name), "error": None}
    except AtlasError as error:
        return {"workspace": {"name": name}, "error": str(error)}


def _create(context: Context, wanted: Draft) -> MadeWorkspace | UnmadeWorkspace:
    def run(tx: Transaction, actor: Actor) -> Workspace:
        executing(tx)
        return reserve(tx, wanted, None)

    try:
        with file_lock.hold_lock(lock_path(context.project, wanted.name), f"workspace {wanted.name}"):
            context.transact("workspace", run)
            return {"workspace": build(context, "workspace", wanted.name), "error": None}
    except AtlasError as error:
        return {"workspace": {"name": wanted.name}, "error": str(error)}


def draft(
    context: Context, verb: str, wanted: str, base: str, skeleton: Sequence[str] = (), exact: bool = False
) -> Draft:
    """A workspace called `wanted`, or unless `exact` with a number added where that is taken. Changes nothing.

    Raises AtlasError when that cannot be, or a skeleton file is not one of the project's.
    """
    files = [skeleton_file(context.project.root, path) for path in dict.fromkeys(skeleton)]
    taken = _Taken(context, verb)
    for name in [wanted] if exact else _numbered(wanted):
        reason = taken.reason(name)
        if reason is None:
            return Draft(name, BRANCHES + name, base, files)
    raise AtlasError(f"no workspace {wanted}: {taken.reason(wanted)}")


def _numbered(name: str) -> list[str]:
    cut = name[: ids.LONGEST - 3].rstrip("-")
    return [name, *(f"{cut}-{number}" for number in range(2, _MOST_NAMES))]


def skeleton_file(root: str, path: str) -> str:
    """The path, put simply. Raises AtlasError unless it is that of a file in the project."""
    inner = inner_path(root, path, "--skeleton")
    if not os.path.isfile(os.path.join(root, inner)):
        raise AtlasError(f"--skeleton: {inner} is no file: name files, one by one")
    return inner


class _Taken:
    """What stands in the way of a new workspace: records, folders of others (the client's own worktrees), branches."""

    def __init__(self, context: Context, verb: str) -> None:
        """Raises AtlasError when the folders for workspaces are links that lead elsewhere."""
        self._root = context.project.root
        records = context.read(verb, lambda tx, actor: tx.where(WORKSPACE, removed_at=None))
        self._records = {record["name"]: record for record in records}
        self._registered = {entry.path for entry in worktree.entries(self._root)}
        self._branches = refs.branches(self._root)
        _require_own_folders(context.project)

    def reason(self, name: str) -> str | None:
        """Why a workspace cannot have this name, or None."""
        if name in self._records:
            return f"there is one already, {self._records[name]['status']}"
        path = os.path.join(self._root, WORKTREES, name)
        if os.path.lexists(path) or path in self._registered:
            return f"{path} is there already and not ATLAS's: choose another name"
        return branch_choice.name_taken(BRANCHES + name, self._branches)


def _require_own_folders(project: Project) -> None:
    for name in ("worktrees", "workspaces"):
        folder = os.path.join(project.claude, name)
        if os.path.lexists(folder) and (os.path.realpath(folder) != folder or not os.path.isdir(folder)):
            raise AtlasError(f"{folder} is a link or a file: make it a folder of the project")


def reserve(tx: Transaction, wanted: Draft, assignment: Assignment | None) -> Workspace:
    """Record a workspace that is about to be made. Raises AtlasError when its name was taken meanwhile."""
    before = tx.get(WORKSPACE, wanted.name)
    if before is not None and before["removed_at"] is None:
        raise AtlasError(f"workspace {wanted.name} was made by somebody else just now: try again")
    tx.delete(WORKSPACE, wanted.name)
    record = new_workspace(
        name=wanted.name,
        branch=wanted.branch,
        base_commit=wanted.base_commit,
        created_at=tx.at,
        skeleton=wanted.skeleton,
    )
    if assignment is not None:
        record = {**record, **_owner(assignment)}
    tx.put(WORKSPACE, record)
    return record


def _owner(assignment: Assignment) -> Owner:
    return {"module": assignment["module"], "agent": assignment["agent"], "task_uuid": assignment["task_uuid"]}


def adopt(tx: Transaction, free: Workspace, assignment: Assignment, skeleton: list[str]) -> Workspace:
    """Give a workspace that belongs to nobody to an assignment; it is equipped for it before it is ready again."""
    return tx.patch(WORKSPACE, free, status="creating", subagent=None, skeleton=skeleton, **_owner(assignment))
