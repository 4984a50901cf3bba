"""The kinds of record: their fields, the table each is kept in, and the one table of legal status changes."""

from __future__ import annotations

from typing import Any, Generic, TypedDict, TypeVar, cast

from atlas.core.errors import AtlasError

STATE_VERSION = 1
"""Version of everything stored. A store with a higher one is refused by name."""

PRIORITIES = ("critical", "high", "medium", "low")
MESSAGE_PRIORITIES = ("low", "normal", "high", "urgent")
MESSAGE_TYPES = ("task_assignment", "progress_poll", "instruction_verification", "notification")
SEVERITIES = ("critical", "important", "info")
REPORTS = ("started", "progress", "blocked", "done")
BUILT_IN, MAESTRO = TRANSPORTS = ("built-in", "ai-maestro")
LEAD_MAILBOX = "lead"
UPDATES = (
    "requirement_change",
    "design_update",
    "spec_clarification",
    "priority_change",
    "scope_change",
    "config_update",
)
UPDATE_STEPS = ("sent", "received", "assessed", "resolved", "resumed")
"""How far an update of the instructions has come, in this order."""
SIGNS = ("report", "response", "verification", "update", "activity")
"""Of life: what the agent said itself, or what ATLAS saw of its work."""


class Mission(TypedDict):
    """What was asked for, in the words it was asked in."""

    id: str
    goal: str
    created_at: str
    understanding: str
    success_criteria: list[str]


class Transition(TypedDict):
    to: str
    at: str
    verb: str


class Pause(TypedDict):
    """The gates are lifted, until a time or None: until a person says otherwise. `by` is who lifted them."""

    at: str
    until: str | None
    reason: str
    by: str


class Workflow(TypedDict):
    """Where the orchestration stands. `lead` is the session that leads, or None.

    The integration branch began at what was checked out at the start (`base_branch`, None when HEAD was detached);
    `integration_commit` is where ATLAS left it last.
    """

    id: str
    phase: str
    status: str
    plan_id: str
    plan_sha: str | None
    started_at: str | None
    completed_at: str | None
    integration_branch: str | None
    integration_commit: str | None
    base_branch: str | None
    lead: str | None
    lead_since: str | None
    paused: Pause | None
    transitions: list[Transition]


class Check(TypedDict):
    """One check command as it ran. `exit_code` is None when it was stopped at its limit of time or output."""

    command: str
    exit_code: int | None
    seconds: float
    output_tail: str


class Evidence(TypedDict):
    """What ATLAS itself saw when a module was checked; `integrated` is where the integration branch got it."""

    commit: str
    integrated: str | None
    at: str
    passed: bool
    reason: str | None
    checks: list[Check]


class Module(TypedDict):
    """A unit of work with criteria, given to at most one agent: `task_uuid` is its live assignment.

    `scope` are the paths and globs that it may touch; when there are none, it may touch anything.
    """

    id: str
    name: str
    description: str
    status: str
    priority: str
    acceptance_criteria: list[str]
    dependencies: list[str]
    checks: list[str]
    scope: list[str]
    assigned_to: str | None
    task_uuid: str | None
    github_issue: str | None
    pr: str | None
    verification_loops: int
    evidence: list[Evidence]


class Agent(TypedDict):
    """An AI session or a person. `identifier` is the session name or the GitHub user name.

    `address` is where its `transport` finds it; None with the built-in one.
    """

    id: str
    type: str
    identifier: str
    transport: str
    address: str | None
    registered_at: str
    last_seen: str | None


class Repetition(TypedDict):
    """What an agent will do, in its own words: criteria by their ids, and files that it expects to touch."""

    at: str
    by: str
    criteria: list[str]
    files: list[str]
    out_of_scope: str
    evidence: str
    text: str


class Question(TypedDict):
    """What an agent asked about its task; `answer` is None while nobody has answered."""

    id: str
    text: str
    asked_at: str
    answer: str | None
    answered_at: str | None


class Verification(TypedDict):
    """Whether an agent has understood its task. What the latest repetition got wrong is in `findings`, which are
    ATLAS's own, and in `correction`, the lead's. The counters also hold questions that were asked elsewhere.
    """

    status: str
    repetition_received: bool
    repetition_correct: bool
    questions_asked: int
    questions_answered: int
    authorized_at: str | None
    attempts: int
    repetition: Repetition | None
    findings: list[str]
    correction: str | None
    questions: list[Question]


class Poll(TypedDict):
    """A question how it stands. It counts from `sent_at` on; `answered_by` is one of SIGNS, `answer` the words."""

    number: int
    at: str
    message: str
    priority: str
    sent_at: str | None
    answered_at: str | None
    answered_by: str | None
    answer: str


class Heard(TypedDict):
    """The last sign of life of an agent; `how` is one of SIGNS."""

    at: str
    how: str
    what: str


class Polling(TypedDict):
    """`next_poll_due` is None while nobody is to be asked: a person, work that is reported, an agent given up on."""

    last_poll: str | None
    poll_count: int
    next_poll_due: str | None
    poll_history: list[Poll]
    heard: Heard | None
    escalated_at: str | None


class Concern(TypedDict):
    """What speaks against an update, in the agent's words; `resolution` is None while nobody has answered."""

    text: str
    resolution: str | None


class Update(TypedDict):
    """A change of the instructions during the work. Unless it is `minor`, nobody edits until it is resumed.

    `told` is the interrupt or message that told the agent; `answers` are those to the questions of feasibility.
    """

    id: str
    type: str
    text: str
    minor: bool
    at: str
    by: str
    told: str
    status: str
    received_at: str | None
    answers: list[str]
    concerns: list[Concern]
    resumed_at: str | None


class Handover(TypedDict):
    """The agent was told to stop, since `to` gets the module: at `until` it is taken away, receipt or not.

    `told` are the interrupts or messages that said so; `saved` is the commit that then held all of the work.
    """

    to: str
    at: str
    until: str
    told: list[str]
    saved: str | None


class Report(TypedDict):
    """What an agent said of its work, in its own words."""

    at: str
    kind: str
    by: str
    text: str


class Assignment(TypedDict):
    """A module in the hands of an agent, from `assigned` to `complete` or `released`.

    `continues` is the commit with the work of those who had the module before.
    """

    task_uuid: str
    agent: str
    agent_type: str
    module: str
    github_issue: str | None
    assigned_at: str
    status: str
    ended_at: str | None
    instruction_verification: Verification
    progress_polling: Polling
    instruction_updates: list[Update]
    handover: Handover | None
    continues: str | None
    reports: list[Report]


class Message(TypedDict):
    """A message in the outbox or a mailbox; its id is its idempotency key.

    While it is `held` nobody sends it. `attempts` counts the tries that were begun. After one whose end is not known it
    is `in_doubt`: until `next_try` it is only looked for. `read_at`: the recipient's own inbox says that it was read
    there, which is not that a model saw it.
    What came from outside is not `trusted`: `origin` is who says to have sent it.
    """

    id: str
    to: str
    sender: str
    subject: str
    body: str
    type: str
    priority: str
    status: str
    created_at: str
    sent_at: str | None
    seen_at: str | None
    task_uuid: str | None
    error: str | None
    transport: str
    held: bool
    attempts: int
    in_doubt: bool
    next_try: str | None
    external_id: str | None
    read_at: str | None
    in_reply_to: str | None
    trusted: bool
    origin: str | None


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


class Recipient(TypedDict):
    """One worker that a discovery is for, and the receipt: delivered when, in which session, before which tool."""

    agent: str
    workspace: str
    module: str
    status: str
    delivered_at: str | None
    session: str | None
    tool: str | None


class Discovery(TypedDict):
    """Something others should know; `kind` is `interrupt` for the lead's own word to one worker."""

    id: str
    kind: str
    severity: str
    text: str
    impact: str
    action: str
    affects: list[str]
    sender: str
    created_at: str
    stop: bool
    recipients: list[Recipient]


class Settings(TypedDict):
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


class Stopped(TypedDict):
    """That a session was let go although something is left to do, or is not woken any more: since when, and why."""

    at: str
    reason: str


class Session(TypedDict):
    """A client session that has, or had, a role. `spool_offset` is how much of its spool has been folded in.

    `continued_as` is the session that took its place when the conversation was cleared.
    """

    id: str
    agent: str | None
    first_seen: str
    last_seen: str
    ended_at: str | None
    continued_as: str | None
    stopped: Stopped | None
    spool_offset: int
    decisions: dict[str, int]


R = TypeVar("R")


class Kind(Generic[R]):
    """A kind of record: its `name`, the JSON file and section it is kept in, and the field that is its key."""

    __slots__ = ("file", "key", "name", "section")

    def __init__(self, name: str, file: str, section: str, key: str = "id") -> None:
        self.name, self.file, self.section, self.key = name, file, section, key

    def id_of(self, record: R) -> str:
        return str(cast("dict[str, Any]", record)[self.key])


MISSION: Kind[Mission] = Kind("mission", "MISSION_CONTEXT.json", "missions")
WORKFLOW: Kind[Workflow] = Kind("workflow", "WORKFLOW_STATE.json", "workflows")
SESSION: Kind[Session] = Kind("session", "WORKFLOW_STATE.json", "sessions")
SETTINGS: Kind[Settings] = Kind("settings", "WORKFLOW_STATE.json", "settings")
MODULE: Kind[Module] = Kind("module", "PHASE_PROGRESS.json", "modules")
AGENT: Kind[Agent] = Kind("agent", "PARALLEL_STATUS.json", "agents")
ASSIGNMENT: Kind[Assignment] = Kind("assignment", "PARALLEL_STATUS.json", "assignments", "task_uuid")
WORKSPACE: Kind[Workspace] = Kind("workspace", "PARALLEL_STATUS.json", "workspaces", "name")
DISCOVERY: Kind[Discovery] = Kind("discovery", "DISCOVERIES.json", "discoveries")
MESSAGE: Kind[Message] = Kind("message", "MESSAGES.json", "messages")

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (MISSION, WORKFLOW, SESSION, SETTINGS, MODULE, AGENT, ASSIGNMENT, WORKSPACE, DISCOVERY, MESSAGE)
}
FILES: tuple[str, ...] = tuple(dict.fromkeys(kind.file for kind in KINDS.values()))

# For each kind and status, the statuses that may follow. "" is a record that does not exist: a status listed
# under "" may be created, and one that lists "" may be removed. Staying as it is, is always legal.
TRANSITIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "workflow": {
        "": ("drafting",),
        "drafting": ("approved", ""),
        "approved": ("drafting", "executing", ""),
        "executing": ("complete", ""),
        "complete": ("",),
    },
    "module": {
        "": ("pending",),
        "pending": ("assigned", ""),
        "assigned": ("in_progress", "blocked", "pending_verification", "pending"),
        "in_progress": ("blocked", "pending_verification", "assigned", "pending"),
        "blocked": ("in_progress", "pending_verification", "assigned", "pending"),
        "pending_verification": ("in_progress", "blocked", "complete", "assigned", "pending"),
        "complete": ("",),
    },
    "assignment": {
        "": ("assigned",),
        "assigned": ("in_progress", "blocked", "reported", "complete", "released"),
        "in_progress": ("blocked", "reported", "complete", "released"),
        "blocked": ("in_progress", "reported", "complete", "released"),
        "reported": ("in_progress", "blocked", "complete", "released"),
        "complete": ("",),
        "released": ("",),
    },
    "workspace": {
        "": ("creating",),
        "creating": ("ready", "abandoned"),
        "ready": ("creating", "merging", "abandoned"),
        "merging": ("ready", "merged", "abandoned"),
        "merged": ("",),
        "abandoned": ("",),
    },
    "message": {
        "": ("queued", "sent"),
        "queued": ("sent", "failed", "seen", ""),
        "failed": ("queued", "sent", ""),
        "sent": ("seen", ""),
        "seen": ("",),
    },
}
LIVE = ("assigned", "in_progress", "blocked", "reported")
"""Statuses of an assignment that is somebody's work now."""


def check_transition(kind: str, key: str, old: str, new: str) -> None:
    """Raise AtlasError, naming the change, unless the table allows `old` → `new` ("" for no record)."""
    table = TRANSITIONS.get(kind)
    if table is None or old == new or new in table.get(old, ()):
        return
    change = f"{old or 'nothing'} → {new or 'removed'}"
    raise AtlasError(f"{kind} {key}: {change} is not a legal change of status")
