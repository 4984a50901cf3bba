"""The integration branch, where finished work comes together. It is moved without being checked out, and only ahead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from atlas.adapters.git import refs, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW
from atlas.core.records.plan import Workflow
from atlas.services.project.phases import orchestration_workflow

DEFAULT_BRANCH = "atlas/integration"


class BranchTip(NamedTuple):
    """An integration branch: the commit that it is at, or is to be brought to (`found` is where it is, None: nowhere).

    `is_noted` says that the records know where ATLAS left it.
    """

    branch: str
    commit: str
    found: str | None
    is_noted: bool


def locate_branch(root: str, workflow: Workflow, known: Mapping[str, str] | None = None) -> BranchTip:
    """Where an orchestration's integration branch is, or should be. Changes nothing.

    `known` are the commits of all branches, for those who have them already.

    Raises AtlasError when there is no commit yet, or the branch no longer holds what ATLAS left there.
    """
    branch, left_at = branch_of_workflow(workflow), workflow["integration_commit"]
    found = known.get(branch) if known is not None else refs.find_commit(root, f"refs/heads/{branch}")
    if left_at is None:
        return BranchTip(branch, found or refs.head_commit(root), found, False)
    if found is not None and (found == left_at or refs.contains_commit(root, found, left_at)):
        return BranchTip(branch, found, found, True)
    if found is not None and not refs.contains_commit(root, left_at, found):
        raise AtlasError(
            f"{branch} was moved and no longer holds {left_at[:12]}, where ATLAS left it: merge that into it again"
        )
    return BranchTip(branch, left_at, found, True)


def make_branch(root: str, tip: BranchTip) -> None:
    """Make an integration branch, or bring it to where it should be, if need be. Raises AtlasError."""
    if tip.found == tip.commit:
        return
    if tip.found is not None:
        require_not_checked_out(root, tip.branch)
    refs.move_branch(root, tip.branch, tip.commit, tip.found)


def note_tip(tx: Transaction, tip: BranchTip) -> None:
    """Record where the branch is, when the orchestration was begun before there was a commit."""
    workflow = orchestration_workflow(tx)
    if workflow["integration_commit"] is None:
        tx.patch(WORKFLOW, workflow, integration_commit=tip.commit)
        tx.emit("IntegrationBegun", commit=tip.commit[:12])


def branch_of_workflow(workflow: Workflow) -> str:
    """The name of an orchestration's integration branch."""
    return workflow["integration_branch"] or DEFAULT_BRANCH


def require_not_checked_out(root: str, branch: str) -> None:
    """Raise AtlasError when the branch is checked out somewhere."""
    for entry in worktree.list_worktrees(root):
        if entry.branch == branch:
            raise AtlasError(f"{branch} is checked out in {entry.path}: switch that to another branch, then try again")
