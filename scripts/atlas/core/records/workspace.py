"""Records of workspaces, of their set-up, and of the process that works in one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypedDict

from atlas.core.paths import WORKTREES

IN_USE = ("ready", "merging")
"""Statuses of a workspace in which somebody works, or may."""
LEFT = ("abandoned", "merged")
"""Statuses of a workspace in which nobody works any more."""


class SetUp(TypedDict):
    """How the set-up command of a workspace ended. `exit_code` is None when it was stopped at its limit."""

    command: str
    exit_code: int | None
    seconds: float
    output_tail: str


class Process(TypedDict):
    """An agent's session that ATLAS started. `birth` tells the process from a later one with the same number."""

    mode: str
    pid: int
    birth: str
    started_at: str
    session: str | None
    tmux: str | None


def new_process(*, mode: str, pid: int, birth: str, started_at: str, tmux: str | None) -> Process:
    """A process whose client session is not known yet."""
    return {"mode": mode, "pid": pid, "birth": birth, "started_at": started_at, "session": None, "tmux": tmux}


class Workspace(TypedDict):
    """A git worktree of one assignment. `path` is relative to the project root; everything works from this record.

    `conflicts` holds, by the name of another workspace or of the integration branch, the files that would conflict.
    It may be left (`abandoned`, `merged`) and still lie there, until `removed_at`. `saved` is the bundle of what was
    taken away by force. `subagent` is the latest of the lead's subagents that works in it.
    """

    name: str
    status: str
    branch: str
    base_commit: str
    path: str
    module: str | None
    agent: str | None
    task_uuid: str | None
    created_at: str
    ready_at: str | None
    removed_at: str | None
    saved: str | None
    set_up: SetUp | None
    linked: list[str]
    copied: list[str]
    skeleton: list[str]
    error: str | None
    conflicts: dict[str, list[str]]
    process: Process | None
    subagent: str | None


def new_workspace(
    *, name: str, branch: str, base_commit: str, created_at: str, skeleton: Iterable[str] = ()
) -> Workspace:
    """A workspace that is about to be made and belongs to nobody."""
    return {
        "name": name,
        "status": "creating",
        "branch": branch,
        "base_commit": base_commit,
        "path": os.path.join(WORKTREES, name),
        "module": None,
        "agent": None,
        "task_uuid": None,
        "created_at": created_at,
        "ready_at": None,
        "removed_at": None,
        "saved": None,
        "set_up": None,
        "linked": [],
        "copied": [],
        "skeleton": list(skeleton),
        "error": None,
        "conflicts": {},
        "process": None,
        "subagent": None,
    }
