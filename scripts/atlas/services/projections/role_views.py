"""What hooks know of whoever has a role: a small file each, its role view, that follows from the records.

`gates/sessions/SESSION` is for a session that has a role, `gates/workspaces/NAME` for whoever works in that workspace.
The mailbox comes first in it, on a line of its own, where a shell finds it (`hooks/mail.sh`).
"""

from __future__ import annotations

import contextlib
import json
import os
from functools import partial
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core import clock
from atlas.core.following import next_action, summary, whose_turn
from atlas.core.paths import Project
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, ASSIGNMENT, SESSION, WORKFLOW, WORKSPACE
from atlas.core.records.message import LEAD_MAILBOX, MAESTRO
from atlas.core.records.plan import ORCHESTRATION, Pause, Workflow
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import understanding
from atlas.core.verbs import LEAD, WORKER
from atlas.services.project import settings

View = dict[str, Any]
SESSIONS, WORKSPACES, HEARTBEATS, SUBAGENTS = "sessions", "workspaces", "heartbeats", "subagents"


def views_folder(project: Project) -> str:
    """Where the role views lie."""
    return os.path.join(project.private, "gates")


def view_contents(project: Project, tx: Transaction) -> dict[str, bytes]:
    """What each role view should hold, by its path below the folder of role views."""
    workflow = tx.only(WORKFLOW)
    common = _common_view(project, tx, workflow)
    title, work = summary.summary_title(tx), whose_turn.OpenWork(tx)
    owned = [workspace for workspace in tx.where(WORKSPACE, removed_at=None) if workspace["agent"]]
    views = [_workspace_view(project, tx, workspace) for workspace in owned]
    role_views: dict[str, View] = {}
    for view in views:
        stop = next_action.next_for_worker(work, view["agent"], view["task"])
        role_views[f"{WORKSPACES}/{view['name']}"] = _worker_view(common, view["agent"], [view], stop, title)
    for session in tx.all(SESSION):
        agent = session["agent"]
        if agent:
            own = [view for view in views if view["agent"] == agent]
            stop = next_action.next_for_worker(work, agent)
            role_views[f"{SESSIONS}/{session['id']}"] = _worker_view(common, agent, own, stop, title)
    if workflow is not None and workflow["lead"]:
        live = [view for view in views if view["status"] in LIVE]
        part = {"stop": next_action.next_for_lead(work), "summary": summary.lead_summary(tx, title)}
        role_views[f"{SESSIONS}/{workflow['lead']}"] = {
            "mailbox": LEAD_MAILBOX,
            **common,
            "role": LEAD,
            "agent": None,
            "workspaces": live,
            "listens": tx.count(AGENT, transport=MAESTRO) > 0,
            **part,
        }
    # The shell reads the mailbox from the first line, so it stands there alone (`hooks/mail.sh`).
    return {path: json.dumps(one).replace(", ", ",\n", 1).encode() for path, one in role_views.items()}


def put_views(folder: str, wanted: dict[str, bytes]) -> list[str]:
    """Make the role views in `folder` what is wanted; a line about each thing that could not be done."""
    troubles = []
    steps = [partial(_prepare_folder, folder), partial(_remove_stale_views, folder, wanted)]
    for step in (*steps, *(partial(_put_view, os.path.join(folder, path), data) for path, data in wanted.items())):
        try:
            step()
        except OSError as error:
            where = error.filename or folder
            troubles.append(f"{where}: {error.strerror}; hooks do not know yet what each session may do")
    return troubles


def _prepare_folder(folder: str) -> None:
    for kind in (HEARTBEATS, SESSIONS, WORKSPACES):
        disk.make_private_folder(os.path.join(folder, kind))


def _remove_stale_views(folder: str, wanted: dict[str, bytes]) -> None:
    """Take away what is of nobody any more: role views, and what subagents were bound to."""
    for kind in (SESSIONS, WORKSPACES):
        names = {path.partition("/")[2] for path in wanted if path.startswith(f"{kind}/")}
        for name in set(os.listdir(os.path.join(folder, kind))) - names:
            file = os.path.join(folder, kind, name)
            # A session that was cleared goes on under a new id before the store hears of it: its view stays until then.
            if os.path.isfile(file) and names.isdisjoint(_predecessor_sessions(file)):
                _remove_file(file)
    for file in _view_files(os.path.join(folder, SUBAGENTS)):
        workspace = (disk.read_bytes(file) or b"").partition(b" ")[0].decode(errors="replace")
        if f"{WORKSPACES}/{workspace}" not in wanted:
            _remove_file(file)


def _put_view(file: str, data: bytes) -> None:
    """Have a file with this content, whatever is in its place: a pipe, which nobody should read, or an empty folder."""
    if not os.path.isfile(file) or disk.read_bytes(file) != data:
        if os.path.isdir(file):
            os.rmdir(file)
        os.replace(disk.write_temp(file, data), file)


def _view_files(folder: str) -> list[str]:
    """The files in a folder that may not be there, but those that a hook is just writing."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    files = [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return [file for file in files if os.path.isfile(file)]


def _remove_file(file: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)


def _predecessor_sessions(file: str) -> list[str]:
    """The sessions in whose place another one has come, before the store knew of it (`hooks/session.py`)."""
    try:
        view = json.loads(disk.read_bytes(file) or b"null")
    except ValueError:
        return []
    return [str(view[key]) for key in ("continues", "after") if key in view] if isinstance(view, dict) else []


def _common_view(project: Project, tx: Transaction, workflow: Workflow | None) -> View:
    return {
        "version": 1,
        "root": os.path.realpath(project.root),
        "phase": _phase_of_workflow(workflow),
        "branch": workflow["integration_branch"] if workflow else None,
        "rules": settings.current_settings(tx)["gates"],
        "paused": _pause_view(workflow["paused"]) if workflow else None,
    }


def _phase_of_workflow(workflow: Workflow | None) -> str:
    if workflow is None or workflow["status"] == "complete":
        return "complete"
    return "executing" if workflow["phase"] == ORCHESTRATION else "planning"


def _pause_view(pause: Pause | None) -> View | None:
    if pause is None:
        return None
    return {"until": clock.epoch_seconds(pause["until"]) if pause["until"] else None, "reason": pause["reason"]}


def _workspace_view(project: Project, tx: Transaction, workspace: Workspace) -> View:
    assignment = tx.get(ASSIGNMENT, workspace["task_uuid"]) if workspace["task_uuid"] else None
    return {
        "name": workspace["name"],
        "folder": os.path.realpath(os.path.join(project.root, workspace["path"])),
        "agent": workspace["agent"],
        "module": workspace["module"],
        "task": workspace["task_uuid"],
        "may_edit": assignment is not None and _may_edit(tx, assignment),
        "status": assignment["status"] if assignment else "released",
    }


def _may_edit(tx: Transaction, assignment: Assignment) -> bool:
    return assignment["status"] in LIVE and understanding.may_edit(assignment, settings.current_settings(tx)["gates"])


def _worker_view(common: View, agent: str, own: list[View], stop: next_action.Stop, title: str) -> View:
    part = {"stop": stop, "summary": summary.worker_summary(agent, own, title)}
    return {"mailbox": agent, **common, "role": WORKER, "agent": agent, "workspaces": own, **part}
