"""A workspace that could be made: a name, a branch and a place that nobody has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from atlas.adapters.git import refs, worktree
from atlas.core import ids
from atlas.core.errors import AtlasError
from atlas.core.paths import WORKTREES, Project, inner_path
from atlas.core.records.kinds import WORKSPACE
from atlas.services.integration import branch_choice
from atlas.services.project.context import Context

BRANCHES = "atlas/"
_MOST_NAMES = 100


class Draft(NamedTuple):
    """A workspace that could be made: nothing has its name, its branch or its place."""

    name: str
    branch: str
    base_commit: str
    skeleton: list[str]


def draft_workspace(
    context: Context, verb: str, wanted: str, base: str, skeleton: Sequence[str] = (), exact: bool = False
) -> Draft:
    """A workspace called `wanted`, or unless `exact` with a number added where that is taken. Changes nothing.

    Raises AtlasError when that cannot be, or a skeleton file is not one of the project's.
    """
    files = [skeleton_file(context.project.root, path) for path in dict.fromkeys(skeleton)]
    taken = _TakenNames(context, verb)
    for name in [wanted] if exact else _numbered_names(wanted):
        reason = taken.reason(name)
        if reason is None:
            return Draft(name, BRANCHES + name, base, files)
    raise AtlasError(f"no workspace {wanted}: {taken.reason(wanted)}")


def _numbered_names(name: str) -> list[str]:
    cut = name[: ids.LONGEST_SLUG - 3].rstrip("-")
    return [name, *(f"{cut}-{number}" for number in range(2, _MOST_NAMES))]


def skeleton_file(root: str, path: str) -> str:
    """The path, put simply. Raises AtlasError unless it is that of a file in the project."""
    inner = inner_path(root, path, "--skeleton")
    if not os.path.isfile(os.path.join(root, inner)):
        raise AtlasError(f"--skeleton: {inner} is no file: name files, one by one")
    return inner


class _TakenNames:
    """What stands in the way of a new workspace: records, folders of others (the client's own worktrees), branches."""

    def __init__(self, context: Context, verb: str) -> None:
        """Raises AtlasError when the folders for workspaces are links that lead elsewhere."""
        self._root = context.project.root
        records = context.read(verb, lambda tx, actor: tx.where(WORKSPACE, removed_at=None))
        self._records = {record["name"]: record for record in records}
        self._registered = {entry.path for entry in worktree.list_worktrees(self._root)}
        self._branches = refs.local_branches(self._root)
        _require_own_folders(context.project)

    def reason(self, name: str) -> str | None:
        """Why a workspace cannot have this name, or None."""
        if name in self._records:
            return f"there is one already, {self._records[name]['status']}"
        path = os.path.join(self._root, WORKTREES, name)
        if os.path.lexists(path) or path in self._registered:
            return f"{path} is there already and not ATLAS's: choose another name"
        return branch_choice.name_taken(BRANCHES + name, self._branches)


def _require_own_folders(project: Project) -> None:
    for name in ("worktrees", "workspaces"):
        folder = os.path.join(project.claude, name)
        if os.path.lexists(folder) and (os.path.realpath(folder) != folder or not os.path.isdir(folder)):
            raise AtlasError(f"{folder} is a link or a file: make it a folder of the project")
