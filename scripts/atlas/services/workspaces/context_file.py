"""What the agent in a workspace is told in `WORKER_CONTEXT.json`."""

from __future__ import annotations

import os
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core.paths import Project
from atlas.core.records.kinds import ASSIGNMENT, MISSION, MODULE, WORKSPACE
from atlas.core.records.plan import Module
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import client_settings
from atlas.core.rules.understanding import criteria_by_id
from atlas.services.project.phases import orchestration_workflow

from . import tools_script

_BOUNDARIES = (
    "Work in this folder only; everything outside it, the main directory too, belongs to others.",
    "What needs no permission is in `commands` and in the settings here; the rest is refused: report what you need.",
    "Commit your work to this branch; do not push, switch branches, rewrite what is on the integration branch or merge "
    "into it: ATLAS does that when your module is complete.",
    "Before you edit, repeat the task and wait until the lead authorises you; whenever the task is changed, again.",
    "You cannot complete, assign or change modules: report, and ask the lead.",
    "Skeleton files are copies to build on and stay out of commits. One that is yours to change you add by its name: "
    "git add --force FILE, and before that, if it is committed already, git update-index --no-skip-worktree FILE.",
)


def worker_context(tx: Transaction, project: Project, record: Workspace) -> dict[str, Any]:
    """What the agent in a workspace is told in `WORKER_CONTEXT.json`."""
    workflow, mission, module = orchestration_workflow(tx), tx.only(MISSION), tx.get(MODULE, record["module"] or "")
    return {
        "version": 1,
        "at": tx.at,
        "worker": record["agent"],
        "task_uuid": record["task_uuid"],
        "module": _module_briefing(module) if module else None,
        "checks": module["checks"] if module else [],
        "workspace": {
            "name": record["name"],
            "path": os.path.join(project.root, record["path"]),
            "branch": record["branch"],
            "base_commit": record["base_commit"],
            "skeleton": record["skeleton"],
        },
        "boundaries": list(_BOUNDARIES),
        "mission": {
            "goal": mission["goal"] if mission else "",
            "file": os.path.join(project.claude, MISSION.file),
        },
        "main_directory": project.root,
        "integration_branch": workflow["integration_branch"],
        "others": _other_workers(tx, record),
        "commands": client_settings.agent_commands(
            tools_script.script_path(project), record["agent"], record["module"]
        ),
    }


def _module_briefing(module: Module) -> dict[str, Any]:
    """What is asked of a module; each criterion with the id that a repetition names it by."""
    fields: Any = module
    criteria = [{"id": name, "text": text} for name, text in criteria_by_id(module).items()]
    plain = ("id", "name", "description", "priority", "scope", "dependencies", "github_issue")
    return {**{field: fields[field] for field in plain}, "acceptance_criteria": criteria}


def _other_workers(tx: Transaction, record: Workspace) -> list[dict[str, Any]]:
    """Who else is at work, on what, and where."""
    places = {one["task_uuid"]: one for one in tx.where(WORKSPACE, removed_at=None)}
    found = []
    for assignment in tx.where(ASSIGNMENT, status=LIVE):
        if assignment["task_uuid"] != record["task_uuid"]:
            place = places.get(assignment["task_uuid"])
            module = tx.get(MODULE, assignment["module"])
            found.append(
                {
                    "agent": assignment["agent"],
                    "module": assignment["module"],
                    "name": module["name"] if module else "",
                    "branch": place["branch"] if place else None,
                }
            )
    return found
