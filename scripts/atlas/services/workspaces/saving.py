"""Taking a workspace's folder out of use, with everything that would be lost saved in a bundle first."""

from __future__ import annotations

import os
import re

from atlas.adapters.git import bundles, git, losses, refs, snapshots
from atlas.adapters.system import disk
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.workspace import Workspace
from atlas.services.project.workspace_paths import workspace_folder, workspace_path

from .clearing import is_ours, trash_path

_UNFINISHED = re.compile(r"\d{8}-\d{6}-workspace-([a-z0-9-]+)(?:\.[a-z0-9-]+)*\.bundle\.part(?:\.lock)?")


def unfinished_bundles(project: Project) -> dict[str, str]:
    """What was left of bundles by commands that were killed: by path, the workspace that each was for."""
    found = {}
    for file in os.listdir(project.aside) if os.path.isdir(project.aside) else []:
        match = _UNFINISHED.fullmatch(file)
        if match:
            found[os.path.join(project.aside, file)] = match[1]
    return found


def move_away(project: Project, record: Workspace, kept: list[str], force: bool) -> str | None:
    """Take the folder out of use, with nothing in it that would be lost; returns the bundle that was made for that."""
    path, trash = workspace_path(project, record), trash_path(project, record)
    if not os.path.lexists(path):
        return _save_branch(project, record, kept, force)
    if not is_ours(project, record):
        raise AtlasError(f"{path} is not the workspace that ATLAS made: it is left alone, remove it yourself")
    folder = workspace_folder(project, record)
    nested = losses.nested_repositories(folder)
    if nested:
        raise AtlasError(
            f"{os.path.join(folder, nested[0])} is a repository of its own, it would be lost: move it away"
        )
    hidden = hidden_changes(project, record)
    stake = losses.work_at_stake(folder, record["branch"], kept)
    stake += [f"changes in files kept out of commits: {', '.join(hidden)}"] if hidden else []
    if stake:
        _require_force(record, stake, force)
    before = snapshots.snapshot_worktree(folder, hidden) if stake else refs.head_commit(folder)
    saved = _save_workspace(project, record, folder, hidden) if stake else None
    filled = losses.filled_submodules(folder)  # they do not work where they are moved to
    os.rename(folder, trash)
    if not filled and snapshots.snapshot_worktree(trash, hidden) != before:
        os.rename(trash, folder)
        raise AtlasError(f"{folder} was changed while it was being removed: nothing was removed, try again")
    return saved


def _require_force(record: Workspace, stake: list[str], force: bool) -> None:
    if not force:
        raise AtlasError(
            f"workspace {record['name']} has {'; '.join(stake)}. Integrate that, or use --force, which saves it first"
        )


def hidden_changes(project: Project, record: Workspace) -> list[str]:
    """Files brought here from the main directory that git does not look at and that are not as they are there."""
    folder = workspace_folder(project, record)
    found = []
    for path in (*record["skeleton"], *record["copied"]):
        data = disk.read_bytes(os.path.join(folder, path))
        is_hidden = not git.run_git(folder, "ls-files", "-v", "--", f":(top,literal){path}").startswith("H ")
        if data is not None and is_hidden and data != disk.read_bytes(os.path.join(project.root, path)):
            found.append(path)
    return found


def _save_workspace(project: Project, record: Workspace, folder: str, hidden: list[str]) -> str:
    """Bundle everything, each submodule with work of its own too; returns the main bundle's path."""
    bundle = _bundle_path(project, record["name"])
    stem = bundle.removesuffix(".bundle")
    for number, path in enumerate(losses.filled_submodules(folder), 1):
        bundles.save_submodule(os.path.join(folder, path), f"{stem}.submodule-{number}.bundle")
    bundles.save_worktree(folder, record["name"], record["branch"], record["base_commit"], hidden, bundle)
    disk.sync_folder(project.aside)
    return bundle


def _save_branch(project: Project, record: Workspace, kept: list[str], force: bool) -> str | None:
    """The same where the folder is gone: only the branch can be saved."""
    ref = f"refs/heads/{record['branch']}"
    lost = losses.lost_commits(project.root, [ref], kept)
    if not lost:
        return None
    _require_force(record, [losses.describe_commits(lost)], force)
    bundle = _bundle_path(project, record["name"])
    bundles.write_bundle(project.root, bundle, ref, "--not", record["base_commit"])
    disk.sync_folder(project.aside)
    return bundle


def _bundle_path(project: Project, name: str) -> str:
    disk.make_private_folder(project.aside)
    for path, owner in unfinished_bundles(project).items():
        if owner == name:
            os.unlink(path)
    stem = os.path.join(project.aside, f"{clock.compact_time(clock.current_time())}-workspace-{name}")
    number = 1
    while os.path.lexists(f"{stem}{'' if number == 1 else f'.{number}'}.bundle"):
        number += 1
    return f"{stem}{'' if number == 1 else f'.{number}'}.bundle"
