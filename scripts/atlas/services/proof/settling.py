"""Settling a completion whose process died: what was merged is recorded, what was not is put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.git import refs
from atlas.core.records.kinds import LANDING, MODULE
from atlas.core.rules import roles
from atlas.services.integration.branch import branch_of_workflow
from atlas.services.project.phases import executing_workflow

from .completion import hold_landing, is_landing_free
from .outcome import record_complete, stop_landing

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Landing
    from atlas.core.results.proof import CompleteResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def settle_landing(context: Context, module_id: str | None = None) -> CompleteResult | None:
    """Settle what a process that died left of merging, unless one that lives is at it; by role `atlas`.

    Returns the result of completing `module_id`, when that was merged and only not recorded yet.
    """
    left, _ = context.look(_find_left)
    if not left or not is_landing_free(context.project):
        return None
    with hold_landing(context.project):
        return settle_held(context).get(module_id or "")


def settle_held(context: Context) -> dict[str, CompleteResult | None]:
    """The same for whoever holds the lock of landing already; returns the results by module."""
    left, branch = context.look(_find_left)
    return {one["id"]: _settle_one(context, one, branch) for one in left}


def _find_left(tx: Transaction) -> tuple[list[Landing], str]:
    left = tx.all(LANDING)
    return left, branch_of_workflow(executing_workflow(tx)) if left else ""


def _settle_one(context: Context, left: Landing, branch: str) -> CompleteResult | None:
    root = context.project.root
    tip, merge = refs.find_commit(root, f"refs/heads/{branch}"), left.get("merge", left["commit"])
    # The version before noted only the module's commit: then the tip is the commit that has it.
    merged = left.get("merge", tip) if tip and refs.contains_commit(root, tip, merge) else None

    def run(tx: Transaction, actor: Actor) -> CompleteResult | None:
        if tx.get(LANDING, left["id"]) != left:
            return None
        module = tx.get(MODULE, left["id"])
        if module is None or module["task_uuid"] != left["task_uuid"]:
            tx.delete(LANDING, left["id"])  # by hand: no command of ATLAS's leaves it so
            return None
        if merged is None:
            stop_landing(tx, left["id"])
            return None
        return record_complete(tx, left["id"], merged)

    return context.transact("settle", run, actor=roles.ATLAS_ITSELF)
