"""The roles, and the one table of role × verb. It imports nothing, because hooks read it on every call.

It guards against a model's shortcuts; it is no sandbox against malice: whoever may run commands as this user can
change the files behind the store.
"""

from __future__ import annotations

PERSON, LEAD, WORKER = "person", "lead", "worker"

READING = frozenset(
    ("plan-status", "status", "history", "check-plan", "check", "inbox", "doctor", "conflicts", "settings")
)
LEADING = frozenset(
    (
        *("plan", "requirement", "approve", "start", "register", "assign", "modify", "reassign"),
        *("check-agents", "listen", "notify", "complete", "lead", "repair", "launch", "stop-agent", "interrupt"),
        *("workspace", "remove-workspace", "configure"),
        *("poll", "update", "handoff"),
        *("verify-instructions", "answer"),
    )
)
WORKING = frozenset(("report", "repeat", "ask", "acknowledge", "discover"))
DECIDING = frozenset(("configure-gates", "pause"))
"""What lifts the gates: for people, not for those whom they hold."""

ALLOWED: dict[str, frozenset[str]] = {
    PERSON: READING | LEADING | WORKING | DECIDING,
    LEAD: READING | LEADING | WORKING,
    WORKER: READING | WORKING,
}
