"""Everybody whose work is looked at: who, where, since when, and which heartbeats are theirs."""

from __future__ import annotations

from typing import NamedTuple

from atlas.adapters.store.transaction import Transaction
from atlas.core import clock
from atlas.core.records.kinds import AGENT, ASSIGNMENT, SESSION, WORKFLOW, WORKSPACE
from atlas.core.records.message import BUILT_IN
from atlas.core.records.team import AI
from atlas.core.records.workspace import IN_USE


class Watched(NamedTuple):
    """Somebody whose work is looked at: who, where (None for the lead), since when, and whose heartbeats are theirs.

    `here`: it works in a session on this machine, which is to have the hooks.
    """

    agent: str
    workspace: str | None
    folder: str
    base: str
    since: float
    hearts: tuple[str, ...]
    here: bool


def watched_sessions(tx: Transaction) -> list[Watched]:
    """Everybody to look at: who works in a live workspace, and the lead."""
    sessions: dict[str | None, list[str]] = {}
    for session in tx.all(SESSION):
        sessions.setdefault(session["agent"], []).append(session["id"])
    found = []
    for workspace in tx.where(WORKSPACE, status=IN_USE):
        agent = tx.get(AGENT, workspace["agent"] or "")
        assignment = tx.get(ASSIGNMENT, workspace["task_uuid"] or "")
        if agent is not None and assignment is not None:
            began = max(assignment["assigned_at"], workspace["ready_at"] or workspace["created_at"])
            hearts = (f"workspace-{workspace['name']}", *sessions.get(agent["id"], ()))
            where = (workspace["name"], workspace["path"], workspace["base_commit"])
            here = agent["type"] == AI and agent["transport"] == BUILT_IN
            found.append(Watched(agent["id"], *where, clock.epoch_seconds(began), hearts, here))
    workflow = tx.only(WORKFLOW)
    if workflow is not None and workflow["lead"] and workflow["lead_since"]:
        lead, since = workflow["lead"], clock.epoch_seconds(workflow["lead_since"])
        found.append(Watched(lead, None, "", "", since, (lead,), here=True))
    return found
