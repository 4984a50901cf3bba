"""The one table of legal status changes. It imports next to nothing, for hooks read it."""

from __future__ import annotations

from atlas.core.errors import AtlasError

# For each kind and status, the statuses that may follow. "" is a record that does not exist: a status listed
# under "" may be created, and one that lists "" may be removed. Staying as it is, is always legal.
TRANSITIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "workflow": {
        "": ("drafting",),
        "drafting": ("approved", ""),
        "approved": ("drafting", "executing", ""),
        "executing": ("complete", ""),
        "complete": ("",),
    },
    "module": {
        "": ("pending",),
        "pending": ("assigned", ""),
        "assigned": ("in_progress", "blocked", "pending_verification", "complete", "pending"),
        "in_progress": ("blocked", "pending_verification", "complete", "assigned", "pending"),
        "blocked": ("in_progress", "pending_verification", "complete", "assigned", "pending"),
        "pending_verification": ("in_progress", "blocked", "complete", "assigned", "pending"),
        "complete": ("",),
    },
    "assignment": {
        "": ("assigned",),
        "assigned": ("in_progress", "blocked", "reported", "reviewing", "complete", "released"),
        "in_progress": ("blocked", "reported", "reviewing", "complete", "released"),
        "blocked": ("in_progress", "reported", "reviewing", "complete", "released"),
        "reported": ("in_progress", "blocked", "reviewing", "complete", "released"),
        "reviewing": ("in_progress", "blocked", "reported", "complete", "released"),
        "complete": ("",),
        "released": ("",),
    },
    "workspace": {
        "": ("creating",),
        "creating": ("ready", "abandoned"),
        "ready": ("creating", "merging", "abandoned"),
        "merging": ("ready", "merged", "abandoned"),
        "merged": ("",),
        "abandoned": ("",),
    },
    "message": {
        "": ("queued", "sent"),
        "queued": ("sent", "failed", "seen", ""),
        "failed": ("queued", "sent", ""),
        "sent": ("seen", ""),
        "seen": ("",),
    },
}
HANDED_IN = ("reported", "reviewing")
"""Statuses of an assignment whose agent says that the work is done: it waits for its proof, or then for reviews."""
LIVE = ("assigned", "in_progress", "blocked", *HANDED_IN)
"""Statuses of an assignment that is somebody's work now."""


def check_transition(kind: str, key: str, old: str, new: str) -> None:
    """Raise AtlasError, naming the change, unless the table allows `old` → `new` ("" for no record)."""
    table = TRANSITIONS.get(kind)
    if table is None or old == new or new in table.get(old, ()):
        return
    change = f"{old or 'nothing'} → {new or 'removed'}"
    raise AtlasError(f"{kind} {key}: {change} is not a legal change of status")
