"""Whom a discovery can still be delivered to: its agent, while that works in the workspace it is sent to."""

from __future__ import annotations

from atlas.core.records.discovery import Recipient
from atlas.core.records.kinds import DISCOVERY, WORKSPACE
from atlas.core.records.protocol import Records
from atlas.core.records.workspace import IN_USE, Workspace

_OCCUPIED = ("creating", *IN_USE)


def is_occupied(workspace: Workspace) -> bool:
    """Whether an agent works there, or will once it is ready."""
    owned = bool(workspace["agent"] and workspace["module"])
    return owned and workspace["status"] in _OCCUPIED and workspace["removed_at"] is None


def awaits_delivery(records: Records, recipient: Recipient) -> bool:
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
    for discovery in records.containing(DISCOVERY, status="queued"):
        for recipient in discovery["recipients"]:
            if recipient["status"] == "queued" and not awaits_delivery(records, recipient):
                recipient["status"] = "withdrawn"
        records.put(DISCOVERY, discovery)
