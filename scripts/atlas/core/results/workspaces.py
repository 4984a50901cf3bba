"""Results about workspaces and what would conflict in them: `workspace`, `remove-workspace` and `conflicts`."""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.workspace import Workspace


class MadeWorkspace(TypedDict):
    """A workspace that is ready."""

    workspace: Workspace
    error: None


class WorkspaceName(TypedDict):
    """The name that a workspace was to have."""

    name: str


class UnmadeWorkspace(TypedDict):
    """A workspace that could not be made, and why."""

    workspace: WorkspaceName
    error: str


class WorkspaceResult(TypedDict):
    """Each workspace with what became of it, and how many of them failed."""

    workspaces: list[MadeWorkspace | UnmadeWorkspace]
    failed: int


class RemoveWorkspaceResult(TypedDict):
    """The workspace as it is on record now; `removed` is false when it was removed before."""

    workspace: Workspace
    removed: bool


class ConflictHunk(TypedDict):
    """A place where two sides differ: its line in the merged file, and the lines of each side."""

    line: int
    ours: list[str]
    theirs: list[str]


class ConflictFile(TypedDict):
    """A file that two sides cannot be merged in. `kind` is git's word for it, such as `contents`."""

    path: str
    kind: str
    hunks: list[ConflictHunk]


class Conflict(TypedDict):
    """Two workspaces, or a workspace and the integration branch, and the files that would conflict."""

    between: list[str]
    files: list[ConflictFile]


class ConflictsResult(TypedDict):
    """What would conflict now, and which pairs are new or gone since the last look.

    `pairs` is how many were looked at, `merged` how many of them had to be merged anew. Of a workspace that is
    `unreadable` nothing is known.
    """

    workspaces: list[str]
    unreadable: list[str]
    pairs: int
    merged: int
    conflicts: list[Conflict]
    appeared: list[list[str]]
    gone: list[list[str]]
