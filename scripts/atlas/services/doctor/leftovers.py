"""What removed workspaces left behind, and worktrees that have no record."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from atlas.adapters.git import git, refs, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.ids import is_slug
from atlas.core.paths import WORKTREES, Project
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import Workspace, new_workspace
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import LOCK_REASON, workspace_path
from atlas.services.workspaces.clearing import clear_workspace, droppable_branch, link_path, trash_path
from atlas.services.workspaces.drafts import BRANCHES
from atlas.services.workspaces.removal import integration_branch, kept_commits

from .fault import Fault
from .findings import warning


def leftover_faults(
    project: Project, record: Workspace, entries: dict[str, Any], kept: list[str], has_branch: bool
) -> Iterator[Fault]:
    """Yields what a removed workspace left behind."""
    path = workspace_path(project, record)
    gone = not os.path.lexists(path)
    left = gone and (path in entries or os.path.islink(link_path(project, record)))
    if left or os.path.isdir(trash_path(project, record)) or (has_branch and droppable_branch(project, record, kept)):
        yield Fault(
            warning,
            f"the removal of {record['name']} was interrupted after it was recorded",
            "finish it",
            lambda c: clear_workspace(project, record, kept),
        )


def unknown_worktrees(project: Project, known: set[str], entries: dict[str, Any]) -> Iterator[tuple[str, Fault]]:
    """Worktrees and links that are ATLAS's by their looks, and of which there is no record."""
    folder = os.path.join(project.root, WORKTREES)
    for path, entry in entries.items():
        name = os.path.basename(path)
        is_ours = (entry.branch or "").startswith(BRANCHES) or entry.locked == LOCK_REASON
        if os.path.dirname(path) == folder and name not in known and is_ours and is_slug(name):
            if os.path.isdir(path):
                mend = f"record it as left, for `atlas remove-workspace {name}`"
                yield name, Fault(warning, f"{path} has no record", mend, partial(_adopt_worktree, entry=entry))
            else:
                what = f"git still lists {path}, which is gone and has no record"
                yield name, Fault(warning, what, "forget it", partial(_forget_worktree, path=path))
    links = os.path.join(project.claude, "workspaces")
    for name in sorted(os.listdir(links)) if os.path.isdir(links) else []:
        path = os.path.join(links, name)
        if os.path.islink(path) and not os.path.exists(path) and name not in known and is_slug(name):
            yield name, Fault(warning, f"{path} leads nowhere", "remove it", partial(remove_link, path=path))


def _forget_worktree(context: Context, path: str) -> None:
    worktree.forget_worktree(context.project.root, path)


def remove_link(context: Context, path: str) -> None:
    """Removes a link, or a file that a killed command left."""
    os.unlink(path)


def _adopt_worktree(context: Context, entry: worktree.WorktreeEntry) -> None:
    name = os.path.basename(entry.path)
    base = refs.head_commit(entry.path)
    kept = kept_commits(context.project, context.look(integration_branch), base)[1:]
    begun = git.run_git(entry.path, "merge-base", base, kept[0], codes=(0, 1)) if kept else ""

    def run(tx: Transaction, actor: Actor) -> None:
        if tx.get(WORKSPACE, name) is not None:
            return
        branch = entry.branch or BRANCHES + name
        record = new_workspace(name=name, branch=branch, base_commit=begun or base, created_at=tx.at)
        tx.put(WORKSPACE, record)
        tx.emit("WorkspaceMended", workspace=name, text="recorded as left")
        tx.patch(WORKSPACE, record, status="abandoned", ready_at=tx.at)

    context.transact("repair", run)
