"""Results about agents' sessions: what `launch`, `stop-agent` and `supervise` answer."""

from __future__ import annotations

from typing import Literal, TypedDict

from atlas.core.records.workspace import Process

Mode = Literal["print", "tmux", "headless"]
"""How a session is started: not at all, in tmux, or without a terminal."""


class LaunchCommand(TypedDict):
    """How to start the session: the command for a terminal, or the prompt for a subagent of that type."""

    mode: Literal["print"]
    workspace: str
    command: str
    subagent_type: Literal["atlas:worker"]
    prompt: str


class Launched(TypedDict):
    """The session that was started. `waiting_at` is the end of its screen when it did not come up in time."""

    mode: Literal["tmux", "headless"]
    workspace: str
    agent: str
    process: Process
    waiting_at: str | None


LaunchResult = LaunchCommand | Launched


class EndedSession(TypedDict):
    """A session that is over; `was_running` is false when it had ended already."""

    workspace: str
    pid: int
    was_running: bool


class StopAgentResult(TypedDict):
    """The sessions of an agent that were ended; none when ATLAS had started none."""

    agent: str
    ended: list[EndedSession]


class SuperviseResult(TypedDict):
    """Why the session of a workspace was kept going no longer."""

    workspace: str
    reason: str
