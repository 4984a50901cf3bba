"""Whom a discovery can still be delivered to: its agent, while that works in the workspace it is sent to."""

from __future__ import annotations

from typing import Protocol, TypeVar

from atlas.core.records.kinds import DISCOVERY, WORKSPACE, Kind
from atlas.core.records.message import Recipient
from atlas.core.records.workspace import Workspace

R = TypeVar("R")
_OCCUPIED = ("creating", "ready", "merging")


class Records(Protocol):
    """The part of a transaction that this needs."""

    def get(self, kind: Kind[R], key: str) -> R | None: ...
    def all(self, kind: Kind[R]) -> list[R]: ...
    def put(self, kind: Kind[R], record: R) -> None: ...


def is_occupied(workspace: Workspace) -> bool:
    """Whether an agent works there, or will once it is ready."""
    owned = bool(workspace["agent"] and workspace["module"])
    return owned and workspace["status"] in _OCCUPIED and workspace["removed_at"] is None


def awaits(records: Records, recipient: Recipient) -> bool:
    """Whether something that is queued for a recipient can be delivered."""
    workspace = records.get(WORKSPACE, recipient["workspace"])
    return (
        recipient["status"] == "queued"
        and workspace is not None
        and workspace["agent"] == recipient["agent"]
        and is_occupied(workspace)
    )


def withdraw_unreachable(records: Records) -> None:
    """Take back what was not delivered before its workspace was left, removed, or given to another agent."""
    for discovery in records.all(DISCOVERY):
        for recipient in discovery["recipients"]:
            if recipient["status"] == "queued" and not awaits(records, recipient):
                recipient["status"] = "withdrawn"
        records.put(DISCOVERY, discovery)
