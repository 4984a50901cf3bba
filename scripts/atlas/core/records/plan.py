"""Records of the plan and of what came of it: mission, workflow, modules and their evidence."""

from __future__ import annotations

from typing import TypedDict

PRIORITIES = ("critical", "high", "medium", "low")


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
