"""Records of workspaces, of their set-up, and of the process that works in one."""

from __future__ import annotations

from typing import TypedDict


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
