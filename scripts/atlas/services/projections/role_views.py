"""What hooks know of whoever has a role: a small file each, its gate, that follows from the records.

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

Gate = dict[str, Any]
SESSIONS, WORKSPACES, HEARTBEATS, SUBAGENTS = "sessions", "workspaces", "heartbeats", "subagents"


def folder_of(project: Project) -> str:
    """Where the gates lie."""
    return os.path.join(project.private, "gates")


def contents(project: Project, tx: Transaction) -> dict[str, bytes]:
    """What each gate should hold, by its path below the folder of gates."""
    workflow = tx.only(WORKFLOW)
    common = _common(project, tx, workflow)
    title, board = summary.title(tx), whose_turn.OpenWork(tx)
    owned = [workspace for workspace in tx.where(WORKSPACE, removed_at=None) if workspace["agent"]]
    views = [_workspace(project, tx, workspace) for workspace in owned]
    gates: dict[str, Gate] = {}
    for view in views:
        stop = next_action.for_worker(board, view["agent"], view["task"])
        gates[f"{WORKSPACES}/{view['name']}"] = _worker(common, view["agent"], [view], stop, title)
    for session in tx.all(SESSION):
        agent = session["agent"]
        if agent:
            own = [view for view in views if view["agent"] == agent]
            stop = next_action.for_worker(board, agent)
            gates[f"{SESSIONS}/{session['id']}"] = _worker(common, agent, own, stop, title)
    if workflow is not None and workflow["lead"]:
        live = [view for view in views if view["status"] in LIVE]
        part = {"stop": next_action.for_lead(board), "summary": summary.lead(tx, title)}
        gates[f"{SESSIONS}/{workflow['lead']}"] = {
            "mailbox": LEAD_MAILBOX,
            **common,
            "role": LEAD,
            "agent": None,
            "workspaces": live,
            "listens": tx.count(AGENT, transport=MAESTRO) > 0,
            **part,
        }
    return {path: json.dumps(gate).replace(", ", ",\n", 1).encode() for path, gate in gates.items()}


def put(folder: str, wanted: dict[str, bytes]) -> list[str]:
    """Make the gates in `folder` what is wanted; a line about each thing that could not be done."""
    troubles = []
    steps = [partial(_prepare, folder), partial(_tidy, folder, wanted)]
    for step in (*steps, *(partial(_put, os.path.join(folder, path), data) for path, data in wanted.items())):
        try:
            step()
        except OSError as error:
            where = error.filename or folder
            troubles.append(f"{where}: {error.strerror}; hooks do not know yet what each session may do")
    return troubles


def _prepare(folder: str) -> None:
    for kind in (HEARTBEATS, SESSIONS, WORKSPACES):
        disk.private_folder(os.path.join(folder, kind))


def _tidy(folder: str, wanted: dict[str, bytes]) -> None:
    """Take away what is of nobody any more: gates, and what subagents were bound to."""
    for kind in (SESSIONS, WORKSPACES):
        names = {path.partition("/")[2] for path in wanted if path.startswith(f"{kind}/")}
        for name in set(os.listdir(os.path.join(folder, kind))) - names:
            file = os.path.join(folder, kind, name)
            if os.path.isfile(file) and names.isdisjoint(_predecessors(file)):
                _remove(file)
    for file in _files(os.path.join(folder, SUBAGENTS)):
        workspace = (disk.read_bytes(file) or b"").partition(b" ")[0].decode(errors="replace")
        if f"{WORKSPACES}/{workspace}" not in wanted:
            _remove(file)


def _put(file: str, data: bytes) -> None:
    """Have a file with this content, whatever is in its place: a pipe, which nobody should read, or an empty folder."""
    if not os.path.isfile(file) or disk.read_bytes(file) != data:
        if os.path.isdir(file):
            os.rmdir(file)
        os.replace(disk.write_temp(file, data), file)


def _files(folder: str) -> list[str]:
    """The files in a folder that may not be there, but those that a hook is just writing."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    files = [os.path.join(folder, name) for name in names if not name.startswith(".")]
    return [file for file in files if os.path.isfile(file)]


def _remove(file: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(file)


def _predecessors(file: str) -> list[str]:
    """The sessions in whose place another one has come, before the store knew of it (`hooks/session.py`)."""
    try:
        gate = json.loads(disk.read_bytes(file) or b"null")
    except ValueError:
        return []
    return [str(gate[key]) for key in ("continues", "after") if key in gate] if isinstance(gate, dict) else []


def _common(project: Project, tx: Transaction, workflow: Workflow | None) -> Gate:
    return {
        "version": 1,
        "root": os.path.realpath(project.root),
        "phase": _phase(workflow),
        "branch": workflow["integration_branch"] if workflow else None,
        "rules": settings.current(tx)["gates"],
        "paused": _paused(workflow["paused"]) if workflow else None,
    }


def _phase(workflow: Workflow | None) -> str:
    if workflow is None or workflow["status"] == "complete":
        return "complete"
    return "executing" if workflow["phase"] == ORCHESTRATION else "planning"


def _paused(pause: Pause | None) -> Gate | None:
    if pause is None:
        return None
    return {"until": clock.seconds(pause["until"]) if pause["until"] else None, "reason": pause["reason"]}


def _workspace(project: Project, tx: Transaction, workspace: Workspace) -> Gate:
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
    return assignment["status"] in LIVE and understanding.may_edit(assignment, settings.current(tx)["gates"])


def _worker(common: Gate, agent: str, own: list[Gate], stop: next_action.Stop, title: str) -> Gate:
    part = {"stop": stop, "summary": summary.worker(agent, own, title)}
    return {"mailbox": agent, **common, "role": WORKER, "agent": agent, "workspaces": own, **part}
