"""Emptying the tables of an orchestration that is over or given up, before the next one begins."""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.core.records.kinds import ASSIGNMENT, KINDS, LANDING, MODULE, SESSION, SETTINGS, WORKSPACE
from atlas.core.records.transitions import LIVE


def clear_tables(tx: Transaction) -> None:
    """Empty the tables for the next orchestration; the history keeps what was in them. Sessions stay known.

    A landing stays, so that this is refused as every change is of a module that is being merged.
    """
    _end_work(tx)
    for session in tx.all(SESSION):
        tx.patch(SESSION, session, agent=None)
    _leave_workspaces(tx)
    for kind in KINDS.values():
        if kind not in (SESSION, SETTINGS, WORKSPACE, LANDING):
            for record in tx.all(kind):
                tx.delete(kind, kind.id_of(record))


def _leave_workspaces(tx: Transaction) -> None:
    """Those that still lie there stay known, so that they can be removed without losing anything."""
    for workspace in tx.all(WORKSPACE):
        if workspace["removed_at"] is not None:
            tx.delete(WORKSPACE, workspace["name"])
        else:
            status = "merged" if workspace["status"] == "merged" else "abandoned"
            tx.patch(WORKSPACE, workspace, status=status, module=None, agent=None, task_uuid=None, conflicts={})


def _end_work(tx: Transaction) -> None:
    for assignment in tx.where(ASSIGNMENT, status=LIVE):
        tx.patch(ASSIGNMENT, assignment, status="released", ended_at=tx.at)
    for module in tx.all(MODULE):
        if module["status"] not in ("pending", "complete"):
            tx.patch(MODULE, module, status="pending", assigned_to=None, task_uuid=None)
