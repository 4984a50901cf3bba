"""How the orchestration stands: everything that a board shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core import clock
from atlas.core.following import attendance, poll_schedule, reviews, whose_turn
from atlas.core.records.kinds import AGENT, ASSIGNMENT, DISCOVERY, MESSAGE, MODULE, SESSION, WORKSPACE
from atlas.core.records.message import IN_OUTBOX
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.records.whole import whole_assignments, whole_modules
from atlas.core.rules import graph, understanding
from atlas.services.integration import conflicts
from atlas.services.project.phases import orchestration_workflow
from atlas.services.sessions import watchdog, watched_agents

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.discovery import Discovery
    from atlas.core.records.plan import Module
    from atlas.core.results.status import PollStanding, StatusResult, Summary
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_LATEST = 5


def board_status(context: Context) -> StatusResult:
    """Everything a board shows, after a look for conflicts. Raises AtlasError outside the orchestration phase."""
    trouble = conflicts.refresh_conflicts(context)
    summary, watched = context.read(
        "status", lambda tx, actor: (_orchestration_summary(tx, actor), watched_agents.watched_sessions(tx))
    )
    return {**summary, "conflicts_unknown": trouble, "unenforced": watchdog.unenforced_work(context.project, watched)}


def _orchestration_summary(tx: Transaction, actor: Actor) -> Summary:
    workflow = orchestration_workflow(tx)
    modules = tx.all(MODULE)
    agents = tx.all(AGENT)
    live = tx.where(ASSIGNMENT, status=LIVE)
    unsent = tx.where(MESSAGE, status=IN_OUTBOX)
    done = sum(module["status"] == "complete" for module in modules)
    return {
        "plan_id": workflow["plan_id"],
        "phase": workflow["phase"],
        "status": workflow["status"],
        "lead": workflow["lead"],
        "lead_since": workflow["lead_since"],
        "paused": attendance.pause_in_force(workflow["paused"], tx.at),
        "stopped": attendance.incomplete_sessions(workflow, tx.all(SESSION)),
        "unattended": attendance.unattended_work(workflow, tx.all(SESSION), live, tx.all(WORKSPACE)),
        "started_at": workflow["started_at"],
        "completed_at": workflow["completed_at"],
        "modules_completed": done,
        "modules_total": len(modules),
        "all_modules_complete": done == len(modules),
        "modules": whole_modules(tx, modules),
        "ready": [module["id"] for module in graph.ready_modules(modules)],
        "critical_path": graph.critical_path(modules),
        "agents": agents,
        "not_seen_yet": [a["id"] for a in agents if a["type"] == AI and a["last_seen"] is None],
        "active_assignments": whole_assignments(tx, live),
        "returned": whole_assignments(tx, _returned_assignments(tx, modules)),
        "polls": [_poll_line(tx, a) for a in live if a["agent_type"] == AI],
        "unsent_messages": [{"id": m["id"], "to": m["to"], "error": m["error"]} for m in unsent],
        "discoveries": _shown_discoveries(tx),
        "sessions": [s for s in tx.all(SESSION) if s["agent"]],
        "integration_branch": workflow["integration_branch"],
        "workspaces": tx.where(WORKSPACE, removed_at=None),
        "waiting_reviews": reviews.waiting_reviews(whose_turn.OpenWork(tx)),
    }


def _returned_assignments(tx: Transaction, modules: list[Module]) -> list[Assignment]:
    """For each module that is back in the pool, since it was not understood, the assignment that ended so."""
    last = {assignment["module"]: assignment for assignment in tx.all(ASSIGNMENT)}
    waiting = (last.get(module["id"]) for module in modules if module["status"] == "pending")
    return [assignment for assignment in waiting if assignment is not None and understanding.gave_up(assignment)]


def _shown_discoveries(tx: Transaction) -> list[Discovery]:
    """Those that somebody has not been given yet, and the latest of the others."""
    found = tx.all(DISCOVERY)
    latest = {discovery["id"] for discovery in found[-_LATEST:]}
    waiting = (d["id"] for d in found if any(recipient["status"] == "queued" for recipient in d["recipients"]))
    return [discovery for discovery in found if discovery["id"] in latest.union(waiting)]


def _poll_line(tx: Transaction, assignment: Assignment) -> PollStanding:
    polling = assignment["progress_polling"]
    due = polling["next_poll_due"]
    return {
        "agent": assignment["agent"],
        "module": assignment["module"],
        "due": due,
        "overdue_seconds": max(0, clock.seconds_between(due, tx.at)) if due else 0,
        "unanswered": len(poll_schedule.unanswered_polls(tx, assignment)),
        "escalated_at": polling["escalated_at"],
        "heard": polling["heard"],
    }
