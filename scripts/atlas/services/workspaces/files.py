"""Equipping a workspace: ATLAS's own files, and what is linked or copied from the main directory.

None of it shows in `git status` or gets into a commit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Any

from atlas.adapters.git import git, hidden, worktree
from atlas.adapters.store.lock import lock_store
from atlas.adapters.system import disk
from atlas.adapters.system.exclude import escape_pattern, exclude_path
from atlas.core.errors import AtlasError
from atlas.core.paths import Project, contains_path, inner_path
from atlas.core.records.workspace import Workspace
from atlas.services.project.workspace_paths import workspace_folder

from . import tools_script
from .equipment import Equipment
from .own_files import OWN_FILES, require_inside, write_own_files


def equip_workspace(project: Project, record: Workspace, kit: Equipment) -> dict[str, Any]:
    """Write, link and copy what belongs into a workspace that nobody works in yet.

    Returns the fields of its record that tell so. Raises AtlasError when something is missing, leads elsewhere, is in
    the way, or could get into commits.
    """
    tree, linked, copied = workspace_folder(project, record), kit.linked, kit.copied
    for kind, paths in (("workspace.link", linked), ("workspace.copy", copied), ("--skeleton", record["skeleton"])):
        for path in paths:
            _bring_file(project, tree, inner_path(project.root, path, kind), kind)
    hidden.note_skeleton(tree, record["skeleton"])
    write_own_files(project, record, kit)
    _hide_files(project, tree, [*linked, *copied, *record["skeleton"]])
    seen = worktree.shown_paths(tree, [*OWN_FILES, *linked, *copied, *record["skeleton"]])
    if seen:
        raise AtlasError(f"{seen[0]} would get into commits, since a .gitignore asks for it: change that file")
    with contextlib.suppress(AtlasError):
        tools_script.write_script(project)
    return {"linked": linked, "copied": copied}


def _bring_file(project: Project, tree: str, path: str, kind: str) -> None:
    """Link or copy a file or folder of the main directory to the same place in the workspace."""
    source, target = os.path.join(project.root, path), os.path.join(tree, path)
    require_inside(tree, os.path.dirname(target), path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if kind != "--skeleton" and git.run_git(tree, "ls-files", "--", f":(top,literal){path}"):
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
            if not contains_path(root, os.path.realpath(path)):
                raise AtlasError(f"workspace.copy: {path} is a link that leads out of the project")


def _hide_files(project: Project, tree: str, paths: list[str]) -> None:
    """Keep git in this workspace from seeing files that are brought there, without hiding any in the main directory."""
    for path in worktree.shown_paths(tree, paths):
        if worktree.is_ignored_or_tracked(project.root, path):
            with lock_store(project.private):
                exclude_path(project.common, path)
        else:
            _hide_from_git(tree, path)


def _hide_from_git(tree: str, path: str) -> None:
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
    line = f"/{escape_pattern(name)}\n".encode()
    if line not in (found or own).splitlines(keepends=True):
        os.replace(disk.write_temp(ignore, (found or own) + line), ignore)
