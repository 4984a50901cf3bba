"""A workspace that could be made: a name, a branch and a place that nobody has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from atlas.adapters.git import refs, worktree
from atlas.core import ids
from atlas.core.errors import AtlasError
from atlas.core.paths import WORKTREES, Project, inner_path
from atlas.core.records.plan import Workflow
from atlas.core.records.workspace import Workspace
from atlas.services.integration import branch_choice
from atlas.services.integration.branch import BranchTip, locate_branch

BRANCHES = "atlas/"
_MOST_NAMES = 100


class Draft(NamedTuple):
    """A workspace that could be made: nothing has its name, its branch or its place."""

    name: str
    branch: str
    base_commit: str
    skeleton: list[str]


class Ground:
    """What git and the folders have, on which workspaces are drafted: looked at once, with nothing changed."""

    def __init__(self, project: Project, workflow: Workflow) -> None:
        """Raises AtlasError when the folders for workspaces are links that lead elsewhere, or the integration branch
        no longer holds what ATLAS left there."""
        self._root = project.root
        self._branches = refs.branch_commits(project.root)
        self._registered = {entry.path for entry in worktree.list_worktrees(project.root)}
        self.tip: BranchTip = locate_branch(project.root, workflow, self._branches)
        _require_own_folders(project)

    def draft_workspace(
        self, wanted: str, taken: dict[str, Workspace], base: str, skeleton: list[str], exact: bool = False
    ) -> Draft:
        """A workspace called `wanted`, or unless `exact` with a number added where that is taken.

        `taken` are the workspaces that there are, by name. Raises AtlasError when no such name is free.
        """
        for name in [wanted] if exact else _numbered_names(wanted):
            if self._reason(name, taken) is None:
                return Draft(name, BRANCHES + name, base, skeleton)
        raise AtlasError(f"no workspace {wanted}: {self._reason(wanted, taken)}")

    def _reason(self, name: str, taken: dict[str, Workspace]) -> str | None:
        """Why a workspace cannot have this name, or None."""
        if name in taken:
            return f"there is one already, {taken[name]['status']}"
        path = os.path.join(self._root, WORKTREES, name)
        if os.path.lexists(path) or path in self._registered:
            return f"{path} is there already and not ATLAS's: choose another name"
        return branch_choice.name_taken(BRANCHES + name, set(self._branches))


def _numbered_names(name: str) -> list[str]:
    cut = name[: ids.LONGEST_SLUG - 3].rstrip("-")
    return [name, *(f"{cut}-{number}" for number in range(2, _MOST_NAMES))]


def skeleton_files(root: str, paths: Iterable[str]) -> list[str]:
    """The paths, put simply, each once. Raises AtlasError unless all are files of the project."""
    return [_skeleton_file(root, path) for path in dict.fromkeys(paths)]


def _skeleton_file(root: str, path: str) -> str:
    inner = inner_path(root, path, "--skeleton")
    if not os.path.isfile(os.path.join(root, inner)):
        raise AtlasError(f"--skeleton: {inner} is no file: name files, one by one")
    return inner


def _require_own_folders(project: Project) -> None:
    for name in ("worktrees", "workspaces"):
        folder = os.path.join(project.claude, name)
        if os.path.lexists(folder) and (os.path.realpath(folder) != folder or not os.path.isdir(folder)):
            raise AtlasError(f"{folder} is a link or a file: make it a folder of the project")
