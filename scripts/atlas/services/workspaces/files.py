"""What ATLAS puts into a workspace beside the checkout: none of it shows in `git status` or gets into a commit."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from typing import Any

from atlas.adapters.git import git, worktree
from atlas.adapters.store import schema
from atlas.adapters.store.exclude import escaped, exclude_also
from atlas.adapters.store.lock import exclusive
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.paths import Project, contains, inner_path
from atlas.core.records.kinds import ASSIGNMENT, MISSION, MODULE, WORKSPACE
from atlas.core.records.plan import Module
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import client_settings
from atlas.core.rules.understanding import criteria_of
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration
from atlas.services.project.settings import current
from atlas.services.project.workspace_paths import workspace_folder, workspace_of_task

from . import tools_script

CONTEXT = ".claude/WORKER_CONTEXT.json"
SETTINGS = ".claude/settings.local.json"
MONITOR = ".claude/hooks/interrupt_monitor.py"
OWN = (CONTEXT, SETTINGS, MONITOR, client_settings.CHECKS, ".INTERRUPT")
PLUGIN = os.path.join(os.path.dirname(os.path.realpath(__file__)), *[os.pardir] * 4)
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


def equip(context: Context, verb: str, record: Workspace) -> dict[str, Any]:
    """Write, link and copy what belongs into a workspace that nobody works in yet.

    Returns the fields of its record that tell so. Raises AtlasError when something is missing, leads elsewhere, is in
    the way, or could get into commits.
    """
    project, tree = context.project, workspace_folder(context.project, record)
    settings = context.read(verb, lambda tx, actor: current(tx))
    linked, copied = settings["workspace_link"], settings["workspace_copy"]
    for kind, paths in (("workspace.link", linked), ("workspace.copy", copied), ("--skeleton", record["skeleton"])):
        for path in paths:
            _bring(project, tree, inner_path(project.root, path, kind), kind)
    write_own(context, verb, record)
    _hide(project, tree, [*linked, *copied, *record["skeleton"]])
    seen = worktree.shown(tree, [*OWN, *linked, *copied, *record["skeleton"]])
    if seen:
        raise AtlasError(f"{seen[0]} would get into commits, since a .gitignore asks for it: change that file")
    with contextlib.suppress(AtlasError):
        tools_script.write(project)
    return {"linked": linked, "copied": copied}


def write_own(context: Context, verb: str, record: Workspace) -> None:
    """Bring the files that are ATLAS's in a workspace up to date; what the agent has there stays as it is."""
    tree = workspace_folder(context.project, record)
    briefing, rules = context.read(verb, lambda tx, actor: _facts(tx, context.project, record))
    for fault in schema.faults("worker_context", briefing):
        raise AtlasError(f"WORKER_CONTEXT.json: {fault}")
    worktree.hide_tracked(tree, OWN)
    _write(tree, CONTEXT, (json.dumps(briefing, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace"))
    _write(tree, SETTINGS, _settings(tree, rules))
    _write(tree, client_settings.CHECKS, client_settings.checks_script(briefing["checks"]).encode("utf-8", "replace"))
    _write(tree, MONITOR, _monitor())


def is_equipped(tree: str) -> bool:
    """Whether a workspace has its files, and the monitor of this ATLAS."""
    there = all(os.path.isfile(os.path.join(tree, path)) for path in (CONTEXT, SETTINGS, client_settings.CHECKS))
    return there and disk.read_bytes(os.path.join(tree, MONITOR)) == _monitor()


def _monitor() -> bytes:
    with open(os.path.join(PLUGIN, "hooks", "generated", "interrupt_monitor.py"), "rb") as file:
        return file.read()


def refresh(context: Context, verb: str, task_uuid: str) -> None:
    """Let an agent's workspace know what changed in its task. A message says so in any case, so this may fail."""
    record = context.read(verb, lambda tx, actor: workspace_of_task(tx, task_uuid))
    if record is not None and record["status"] == "ready":
        with contextlib.suppress(AtlasError, OSError):
            write_own(context, verb, record)


def _facts(tx: Transaction, project: Project, record: Workspace) -> tuple[dict[str, Any], dict[str, Any]]:
    module = tx.get(MODULE, record["module"] or "")
    rules = client_settings.of_worker(
        module["checks"] if module else [], current(tx)["workspace_setup"], tools_script.path_of(project)
    )
    return _briefing(tx, project, record), rules


def _briefing(tx: Transaction, project: Project, record: Workspace) -> dict[str, Any]:
    """What the agent in a workspace is told in `WORKER_CONTEXT.json`."""
    workflow, mission, module = orchestration(tx), tx.only(MISSION), tx.get(MODULE, record["module"] or "")
    return {
        "version": 1,
        "at": tx.at,
        "worker": record["agent"],
        "task_uuid": record["task_uuid"],
        "module": _asked(module) if module else None,
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
        "others": _others(tx, record),
        "commands": client_settings.commands(tools_script.path_of(project), record["agent"], record["module"]),
    }


def _asked(module: Module) -> dict[str, Any]:
    """What is asked of a module; each criterion with the id that a repetition names it by."""
    fields: Any = module
    criteria = [{"id": name, "text": text} for name, text in criteria_of(module).items()]
    plain = ("id", "name", "description", "priority", "scope", "dependencies", "github_issue")
    return {**{field: fields[field] for field in plain}, "acceptance_criteria": criteria}


def _others(tx: Transaction, record: Workspace) -> list[dict[str, Any]]:
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


def _settings(tree: str, rules: dict[str, Any]) -> bytes:
    """The client's settings for sessions in the workspace, beside what the project itself has committed there."""
    found = disk.read_bytes(os.path.join(tree, SETTINGS))
    try:
        settings = json.loads(found or b"{}")
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise AtlasError(f"{SETTINGS} is committed in this repository and is no JSON object: mend it there")
    return (json.dumps(client_settings.merged(settings, rules), ensure_ascii=False, indent=2) + "\n").encode()


def _write(tree: str, path: str, data: bytes) -> None:
    folder = os.path.dirname(os.path.join(tree, path))
    _require_inside(tree, folder, path)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(tree, path)
    if disk.read_bytes(target) != data or os.path.islink(target):
        os.replace(disk.write_temp(target, data), target)


def _require_inside(tree: str, folder: str, path: str) -> None:
    if not contains(tree, os.path.realpath(folder)):
        raise AtlasError(f"{path}: a link in this repository leads out of the workspace")


def _bring(project: Project, tree: str, path: str, kind: str) -> None:
    """Link or copy a file or folder of the main directory to the same place in the workspace."""
    source, target = os.path.join(project.root, path), os.path.join(tree, path)
    _require_inside(tree, os.path.dirname(target), path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if kind != "--skeleton" and git.run(tree, "ls-files", "--", f":(top,literal){path}"):
        raise AtlasError(f"{kind}: {path} is committed on the integration branch, so it is in the workspace already")
    if kind == "workspace.link":
        if not os.path.islink(target):
            os.symlink(source, target)
    elif os.path.isfile(source):
        _copy_file(tree, path, source)
    elif not os.path.isdir(source):
        raise AtlasError(f"{kind}: {path} is neither a file nor a folder")
    elif not os.path.lexists(target):
        _require_no_links_out(project.root, source)
        shutil.copytree(source, target, symlinks=True)


def _copy_file(tree: str, path: str, source: str) -> None:
    target = os.path.join(tree, path)
    data = disk.read_bytes(source)
    if data is None or data == disk.read_bytes(target):
        return
    worktree.hide_tracked(tree, [path])
    os.replace(disk.write_temp(target, data), target)
    shutil.copymode(source, target)


def _require_no_links_out(root: str, folder: str) -> None:
    for here, folders, files in os.walk(folder):
        for path in (os.path.join(here, name) for name in (*folders, *files)):
            if not contains(root, os.path.realpath(path)):
                raise AtlasError(f"workspace.copy: {path} is a link that leads out of the project")


def _hide(project: Project, tree: str, paths: list[str]) -> None:
    """Keep git in this workspace from seeing files that are brought there, without hiding any in the main directory."""
    for path in worktree.shown(tree, paths):
        if worktree.is_ignored_or_tracked(project.root, path):
            with exclusive(project.private):
                exclude_also(project.common, path)
        else:
            _hide_here(tree, path)


def _hide_here(tree: str, path: str) -> None:
    """A `.gitignore` beside the file that names it and itself: what git's `info/exclude` has holds everywhere."""
    folder, name = os.path.split(os.path.join(tree, path))
    ignore = os.path.join(folder, ".gitignore")
    own = b"# ATLAS: copies that are to stay out of commits\n/.gitignore\n"
    found = disk.read_bytes(ignore)
    if found is not None and not found.startswith(own):
        raise AtlasError(
            f"{path} is neither committed nor ignored in the main directory, and as there is a .gitignore beside it, "
            "it could not be kept out of the workspace's commits: commit it, or ignore it"
        )
    line = f"/{escaped(name)}\n".encode()
    if line not in (found or own).splitlines(keepends=True):
        os.replace(disk.write_temp(ignore, (found or own) + line), ignore)
