"""Records of agents, of their client sessions, and of the project's settings."""

from __future__ import annotations

from typing import TypedDict

from .message import BUILT_IN

AI, HUMAN = AGENT_TYPES = ("ai", "human")


class Agent(TypedDict):
    """An AI session or a person. `identifier` is the session name or the GitHub user name.

    `address` is where its `transport` finds it; None with the built-in one. `seen_seq` is the number of the change that
    noted it as seen last.
    """

    id: str
    type: str
    identifier: str
    transport: str
    address: str | None
    registered_at: str
    last_seen: str | None
    seen_seq: int | None


def new_agent(*, id: str, type: str, identifier: str, registered_at: str) -> Agent:
    """An agent that the built-in transport reaches, and that nobody has seen yet."""
    return {
        "id": id,
        "type": type,
        "identifier": identifier,
        "transport": BUILT_IN,
        "address": None,
        "registered_at": registered_at,
        "last_seen": None,
        "seen_seq": None,
    }


class _OfChecks(TypedDict, total=False):
    """What a check may take, the variables that it gets although they look like credentials, which flaky ones do not
    stop a landing (`OWNER YYYY-MM-DD COMMAND`), and how many reviews a module needs.

    A record that was stored before there were these has none of them.
    """

    checks_seconds: int
    checks_output_mb: int
    checks_disk_mb: int
    checks_env: list[str]
    checks_quarantine: list[str]
    review_rounds: int


class Settings(_OfChecks):
    """What the project wants done its own way. `gates` has the rules whose verdict is not the default."""

    id: str
    workspace_setup: str | None
    workspace_setup_seconds: int
    workspace_link: list[str]
    workspace_copy: list[str]
    poll_minutes: int
    poll_blocked_minutes: int
    poll_answer_minutes: int
    reassign_wait_seconds: int
    transport_url: str | None
    gates: dict[str, str]


def default_settings() -> Settings:
    """What holds where a project has set nothing."""
    return {
        "id": "project",
        "workspace_setup": None,
        "workspace_setup_seconds": 600,
        "workspace_link": [],
        "workspace_copy": [],
        "poll_minutes": 15,
        "poll_blocked_minutes": 5,
        "poll_answer_minutes": 10,
        "reassign_wait_seconds": 60,
        "transport_url": None,
        "checks_seconds": 600,
        "checks_output_mb": 64,
        "checks_disk_mb": 10_000,
        "checks_env": [],
        "checks_quarantine": [],
        "gates": {},
        "review_rounds": 0,
    }


class Stopped(TypedDict):
    """That a session was let go although something is left to do, or is not woken any more: since when, and why."""

    at: str
    reason: str


class ReviewCall(TypedDict):
    """That a reviewer, the subagent of the lead with this id, began a call of ATLAS to record a review."""

    subagent: str
    call: str
    at: str


class _Reviewing(TypedDict, total=False):
    review_calls: dict[str, ReviewCall]


class Session(_Reviewing):
    """A client session that has, or had, a role. `spool_offset` is how much of its spool has been folded in.

    `review_calls` has for each module the call of a reviewer that no review was recorded by yet; it may be missing.

    `continued_as` is the session that took its place when the conversation was cleared. `ended_seq` is the number
    of the change that noted its end.
    """

    id: str
    agent: str | None
    first_seen: str
    last_seen: str
    ended_at: str | None
    ended_seq: int | None
    continued_as: str | None
    stopped: Stopped | None
    spool_offset: int
    decisions: dict[str, int]


def new_session(*, id: str, at: str) -> Session:
    """A session that is seen for the first time, and has no role."""
    return {
        "id": id,
        "agent": None,
        "first_seen": at,
        "last_seen": at,
        "ended_at": None,
        "ended_seq": None,
        "continued_as": None,
        "stopped": None,
        "spool_offset": 0,
        "decisions": {},
    }
