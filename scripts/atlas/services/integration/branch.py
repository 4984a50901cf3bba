"""The integration branch, where finished work comes together. It is moved without being checked out, and only ahead."""

from __future__ import annotations

from atlas.adapters.git import refs, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW
from atlas.core.records.plan import Workflow
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration_workflow

DEFAULT_BRANCH = "atlas/integration"


def ensure_branch(context: Context, verb: str) -> str:
    """The commit that the integration branch is at; it is made, or brought to where the start wanted it, if need be.

    Raises AtlasError when there is no commit yet, or the branch no longer holds what ATLAS left there.
    """
    root = context.project.root
    workflow = context.read(verb, lambda tx, actor: orchestration_workflow(tx))
    branch, left_at = branch_of_workflow(workflow), workflow["integration_commit"]
    tip = refs.find_commit(root, f"refs/heads/{branch}")
    if left_at is None:
        left_at = tip or refs.head_commit(root)
        _note_commit(context, verb, left_at)
    if tip is not None and refs.contains_commit(root, tip, left_at):
        return tip
    if tip is not None and not refs.contains_commit(root, left_at, tip):
        raise AtlasError(
            f"{branch} was moved and no longer holds {left_at[:12]}, where ATLAS left it: merge that into it again"
        )
    if tip is not None:
        require_not_checked_out(root, branch)
    refs.move_branch(root, branch, left_at, tip)
    return left_at


def branch_of_workflow(workflow: Workflow) -> str:
    """The name of an orchestration's integration branch."""
    return workflow["integration_branch"] or DEFAULT_BRANCH


def _note_commit(context: Context, verb: str, commit: str) -> None:
    def run(tx: Transaction, actor: Actor) -> None:
        tx.patch(WORKFLOW, orchestration_workflow(tx), integration_commit=commit)
        tx.emit("IntegrationBegun", commit=commit[:12])

    context.transact(verb, run)


def require_not_checked_out(root: str, branch: str) -> None:
    """Raise AtlasError when the branch is checked out somewhere."""
    for entry in worktree.list_worktrees(root):
        if entry.branch == branch:
            raise AtlasError(f"{branch} is checked out in {entry.path}: switch that to another branch, then try again")
