"""The newest sign of work of each agent that is due to be asked.

What shows by itself (heartbeats, commits, changed files) is looked for before the transaction, since it may take git.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from atlas.adapters.store.transaction import Transaction
from atlas.core.records.kinds import WORKSPACE
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration_workflow

from . import watched_agents, work_signs
from .asking import polled_assignments

Seen = dict[str, work_signs.Work]
"""The newest activity of an assignment, by its UUID."""


def newest_activity(context: Context) -> Seen:
    """The newest sign of work of each agent that is due."""

    def due(tx: Transaction, actor: Actor) -> dict[str, watched_agents.Watched]:
        orchestration_workflow(tx)
        late = {
            a["task_uuid"] for a in polled_assignments(tx) if (a["progress_polling"]["next_poll_due"] or "~") <= tx.at
        }
        tasks = {workspace["name"]: workspace["task_uuid"] or "" for workspace in tx.all(WORKSPACE)}
        found = {tasks[one.workspace]: one for one in watched_agents.watched_sessions(tx) if one.workspace}
        return {task: one for task, one in found.items() if task in late}

    watched = context.read("check-agents", due)
    with ThreadPoolExecutor() as pool:
        works = pool.map(lambda one: work_signs.newest_work(context.project, one), watched.values())
        return {task: work for task, work in zip(watched, works, strict=True) if work is not None}
