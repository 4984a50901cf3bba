"""Records of discoveries and interrupts, and who is to get them."""

from __future__ import annotations

from typing import TypedDict

SEVERITIES = ("critical", "important", "info")


class Recipient(TypedDict):
    """One worker that a discovery is for, and the receipt: delivered when, in which session, before which tool."""

    agent: str
    workspace: str
    module: str
    status: str
    delivered_at: str | None
    session: str | None
    tool: str | None


def new_recipient(*, agent: str, workspace: str, module: str) -> Recipient:
    """A worker that has not been given the discovery yet."""
    return {
        "agent": agent,
        "workspace": workspace,
        "module": module,
        "status": "queued",
        "delivered_at": None,
        "session": None,
        "tool": None,
    }


class Discovery(TypedDict):
    """Something others should know; `kind` is INTERRUPT for the lead's own word to one worker, else SHARED.

    `seq` is the number of the change that made it.
    """

    id: str
    seq: int
    kind: str
    severity: str
    text: str
    impact: str
    action: str
    affects: list[str]
    sender: str
    created_at: str
    stop: bool
    recipients: list[Recipient]


def new_discovery(
    *,
    id: str,
    seq: int,
    sender: str,
    created_at: str,
    kind: str,
    severity: str,
    text: str,
    impact: str = "",
    action: str = "",
    affects: list[str] | None = None,
    stop: bool = False,
) -> Discovery:
    """A discovery that is for nobody yet."""
    return {
        "id": id,
        "seq": seq,
        "sender": sender,
        "created_at": created_at,
        "recipients": [],
        "kind": kind,
        "severity": severity,
        "affects": affects or [],
        "stop": stop,
        "text": text,
        "impact": impact,
        "action": action,
    }
