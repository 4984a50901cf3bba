"""The files that ATLAS writes into a workspace: context, settings, checks, monitor."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from atlas.adapters.git import worktree
from atlas.adapters.store import schema
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.paths import Project, contains_path
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import client_settings
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.workspace_paths import workspace_folder, workspace_of_task

from .equipment import Equipment, gather_equipment

CONTEXT = ".claude/WORKER_CONTEXT.json"
SETTINGS = ".claude/settings.local.json"
MONITOR = ".claude/hooks/interrupt_monitor.py"
OWN_FILES = (CONTEXT, SETTINGS, MONITOR, client_settings.CHECKS, ".INTERRUPT")
PLUGIN = os.path.join(os.path.dirname(os.path.realpath(__file__)), *[os.pardir] * 4)


def write_own_files(project: Project, record: Workspace, kit: Equipment) -> None:
    """Bring the files that are ATLAS's in a workspace up to date; what the agent has there stays as it is."""
    tree, briefing = workspace_folder(project, record), kit.briefing
    for fault in schema.schema_faults("worker_context", briefing):
        raise AtlasError(f"WORKER_CONTEXT.json: {fault}")
    worktree.hide_tracked(tree, OWN_FILES)
    write_inside(tree, CONTEXT, (json.dumps(briefing, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"))
    write_inside(tree, SETTINGS, _settings_bytes(tree, kit.rules))
    script = client_settings.checks_script(briefing["checks"], kit.given_back)
    write_inside(tree, client_settings.CHECKS, script.encode("utf-8", "replace"))
    write_inside(tree, MONITOR, _monitor_bytes())


def is_equipped(tree: str) -> bool:
    """Whether a workspace has its files, and the monitor of this ATLAS."""
    there = all(os.path.isfile(os.path.join(tree, path)) for path in (CONTEXT, SETTINGS, client_settings.CHECKS))
    return there and disk.read_bytes(os.path.join(tree, MONITOR)) == _monitor_bytes()


def _monitor_bytes() -> bytes:
    with open(os.path.join(PLUGIN, "hooks", "generated", "interrupt_monitor.py"), "rb") as file:
        return file.read()


def refresh_briefing(context: Context, verb: str, task_uuid: str) -> None:
    """Let an agent's workspace know what changed in its task. A message says so in any case, so this may fail.

    What another command changes meanwhile is written too: whoever writes last has looked since.
    """

    def find(tx: Transaction, actor: Actor) -> tuple[Workspace, Equipment] | None:
        record = workspace_of_task(tx, task_uuid)
        is_ready = record is not None and record["status"] == "ready"
        if record is None or not is_ready:
            return None
        return record, gather_equipment(tx, context.project, record)

    found, written = context.read(verb, find), None
    with contextlib.suppress(AtlasError, OSError):
        while found is not None and (written is None or not found[1].says_the_same(written)):
            written = found[1]
            write_own_files(context.project, *found)
            found = context.read(verb, find)


def refresh_all(context: Context, verb: str) -> None:
    """Let every workspace in which somebody works know what changed in the settings."""
    for workspace in context.read(verb, lambda tx, actor: tx.where(WORKSPACE, status="ready")):
        if workspace["task_uuid"] is not None:
            refresh_briefing(context, verb, workspace["task_uuid"])


def renew_own_files(context: Context, verb: str, record: Workspace) -> None:
    """Write ATLAS's files in a workspace anew. Raises AtlasError or OSError."""
    kit = context.read(verb, lambda tx, actor: gather_equipment(tx, context.project, record))
    write_own_files(context.project, record, kit)


def _settings_bytes(tree: str, rules: dict[str, Any]) -> bytes:
    """The client's settings for sessions in the workspace, beside what the project itself has committed there."""
    found = disk.read_bytes(os.path.join(tree, SETTINGS))
    try:
        settings = json.loads(found or b"{}")
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise AtlasError(f"{SETTINGS} is committed in this repository and is no JSON object: mend it there")
    return (json.dumps(client_settings.merge_settings(settings, rules), ensure_ascii=False, indent=2) + "\n").encode()


def write_inside(tree: str, path: str, data: bytes) -> None:
    """Write a file of a workspace as a whole, unless it is there as it should be."""
    folder = os.path.dirname(os.path.join(tree, path))
    require_inside(tree, folder, path)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(tree, path)
    if disk.read_bytes(target) != data or os.path.islink(target):
        os.replace(disk.write_temp(target, data), target)


def require_inside(tree: str, folder: str, path: str) -> None:
    """Raise AtlasError when a folder leads out of the workspace."""
    if not contains_path(tree, os.path.realpath(folder)):
        raise AtlasError(f"{path}: a link in this repository leads out of the workspace")
