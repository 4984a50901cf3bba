"""Waiting until an agent has the word that stops it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from atlas.core import clock
from atlas.core.records.kinds import DISCOVERY, MESSAGE

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment, Handover
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.assignments import Receipt
    from atlas.services.project.context import Context

ARRIVED: Final = "arrived"
LATE: Final = "late"
ABSENT: Final = "absent"
"""What became of the stop: the agent has it, it did not get it in time, or no session is there to get it."""
_LOOK_SECONDS = 0.1


class Holder(NamedTuple):
    """Who has the module, where, and what it was told."""

    assignment: Assignment
    workspace: Workspace | None
    handover: Handover | None
    was_there: bool


def await_receipt(context: Context, old: Holder, wait: float | None) -> Receipt:
    """Wait until the agent has what it was told, or the time is up."""
    assert old.handover is not None
    told, handover = old.handover["told"], old.handover
    if not (old.was_there or _has_heartbeat(context, old.workspace)):
        return ABSENT
    longest = clock.seconds_between(handover["at"], handover["until"]) if wait is None else wait
    left = min(max(0, clock.seconds_between(clock.current_time(), handover["until"])), longest)
    deadline = time.monotonic() + left
    while True:
        if context.read("reassign", lambda tx, actor: all(_has_arrived(tx, each) for each in told)):
            return ARRIVED
        if time.monotonic() >= deadline:
            return LATE
        time.sleep(_LOOK_SECONDS)


def _has_heartbeat(context: Context, workspace: Workspace | None) -> bool:
    name = f"workspace-{workspace['name']}" if workspace else ""
    return bool(name) and os.path.exists(os.path.join(context.project.private, "gates", "heartbeats", name))


def _has_arrived(tx: Transaction, told: str) -> bool:
    word, message = tx.get(DISCOVERY, told), tx.get(MESSAGE, told)
    if word is not None:
        return all(recipient["status"] != "queued" for recipient in word["recipients"])
    return message is not None and (message["seen_at"] is not None or message["read_at"] is not None)
