"""The result of looking at a running orchestration: what `status` answers, and every board shows."""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.assignment import Heard
from atlas.core.records.discovery import Discovery
from atlas.core.records.plan import Pause
from atlas.core.records.team import Agent, Session
from atlas.core.records.whole import WholeAssignment, WholeModule
from atlas.core.records.workspace import Workspace

from .messages import UnsentMessage
from .proof import WaitingReviews


class Unattended(TypedDict):
    """What a session held that has ended: an agent's modules, or, when `agent` is None, the lead."""

    agent: str | None
    session: str
    since: str
    modules: list[str]


class Incomplete(TypedDict):
    """A session that was let go with something left to do; `agent` is None for the lead."""

    agent: str | None
    session: str
    at: str
    reason: str


class Unenforced(TypedDict):
    """Somebody whose work went past the hooks: what was seen of it and when, and the last heartbeat.

    An agent has a `workspace`, the lead a `session`. `here` says that it works on this machine, so should have hooks.
    """

    agent: str | None
    session: str | None
    workspace: str | None
    here: bool
    what: str
    at: str
    last_heartbeat: str | None


class PollStanding(TypedDict):
    """When an agent is to be asked next, and how many polls it has not answered.

    `due` is None while nobody is to ask it, `heard` the last sign of life.
    """

    agent: str
    module: str
    due: str | None
    overdue_seconds: int
    unanswered: int
    escalated_at: str | None
    heard: Heard | None


class Summary(TypedDict):
    """What the records alone tell of a running orchestration."""

    plan_id: str
    phase: str
    status: str
    lead: str | None
    lead_since: str | None
    paused: Pause | None
    stopped: list[Incomplete]
    unattended: list[Unattended]
    started_at: str | None
    completed_at: str | None
    modules_completed: int
    modules_total: int
    all_modules_complete: bool
    modules: list[WholeModule]
    ready: list[str]
    critical_path: list[str]
    agents: list[Agent]
    not_seen_yet: list[str]
    active_assignments: list[WholeAssignment]
    returned: list[WholeAssignment]
    polls: list[PollStanding]
    unsent_messages: list[UnsentMessage]
    discoveries: list[Discovery]
    sessions: list[Session]
    integration_branch: str | None
    workspaces: list[Workspace]
    waiting_reviews: list[WaitingReviews]


class StatusResult(Summary):
    """Everything about a running orchestration.

    `ready` are the modules that can be assigned, the most urgent first; `returned` the assignments that ended since
    the task was not understood; `stopped` the sessions that were let go, `unattended` what sessions held that ended.
    `discoveries` are those that somebody has not got yet, and the latest. `conflicts_unknown` says why git could not
    be asked what would conflict, which stands in the workspaces; `unenforced` is whoever worked past the hooks.
    """

    conflicts_unknown: str | None
    unenforced: list[Unenforced]
