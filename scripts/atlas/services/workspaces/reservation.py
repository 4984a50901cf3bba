"""The record of a workspace that is about to be made, and whose it is."""

from __future__ import annotations

from typing import TypedDict

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.assignment import AssignmentFields
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import Workspace, new_workspace

from .drafts import Draft


class Owner(TypedDict):
    """The fields of a workspace's record that say whose it is."""

    module: str
    agent: str
    task_uuid: str


def reserve_workspace(tx: Transaction, wanted: Draft, assignment: AssignmentFields | None) -> Workspace:
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
        record = {**record, **_owner_fields(assignment)}
    tx.put(WORKSPACE, record)
    tx.emit("WorkspaceReserved", workspace=record["name"])
    return record


def _owner_fields(assignment: AssignmentFields) -> Owner:
    return {"module": assignment["module"], "agent": assignment["agent"], "task_uuid": assignment["task_uuid"]}


def adopt_workspace(tx: Transaction, free: Workspace, assignment: AssignmentFields, skeleton: list[str]) -> Workspace:
    """Give a workspace that belongs to nobody to an assignment; it is equipped for it before it is ready again."""
    tx.emit("WorkspaceReserved", workspace=free["name"])
    return tx.patch(WORKSPACE, free, status="creating", subagent=None, skeleton=skeleton, **_owner_fields(assignment))
