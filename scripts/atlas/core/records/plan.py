"""Records of the plan and of what came of it: mission, workflow, modules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

PRIORITIES = ("critical", "high", "medium", "low")
PLANNING, ORCHESTRATION = PHASES = ("planning", "orchestration")


class Mission(TypedDict):
    """What was asked for, in the words it was asked in."""

    id: str
    goal: str
    created_at: str
    understanding: str
    success_criteria: list[str]


def new_mission(*, id: str, goal: str, created_at: str) -> Mission:
    """A mission of which no more than the goal is known."""
    return {"id": id, "goal": goal, "created_at": created_at, "understanding": "", "success_criteria": []}


class Transition(TypedDict):
    """One change of the workflow's status: what it became, when, and by which verb."""

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
    """Where the orchestration stands. `lead` is the session that leads, or None; `lead_seq` is the number of the
    change that made it the lead.

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
    lead_seq: int | None
    paused: Pause | None
    transitions: list[Transition]


def new_workflow(*, id: str, lead: str | None, created_at: str, seq: int) -> Workflow:
    """A workflow whose plan is being drafted, led by the session it was begun in, if there is one."""
    return {
        "id": id,
        "phase": PLANNING,
        "status": "drafting",
        "plan_id": id,
        "plan_sha": None,
        "started_at": None,
        "completed_at": None,
        "integration_branch": None,
        "integration_commit": None,
        "base_branch": None,
        "lead": lead,
        "lead_since": created_at if lead else None,
        "lead_seq": seq if lead else None,
        "paused": None,
        "transitions": [{"to": "drafting", "at": created_at, "verb": "plan"}],
    }


class _Merge(TypedDict, total=False):
    merge: str


class Landing(_Merge):
    """That the checked commit of a module is being merged; while this is there, nothing else may change the module.

    `id` is the module's, `task_uuid` the assignment that it comes from, `evidence` the row of what was checked.
    `merge` is the commit that the integration branch is being moved to; the version before did not note it.
    """

    id: str
    task_uuid: str
    commit: str
    evidence: str
    at: str


def new_landing(*, id: str, task_uuid: str, commit: str, merge: str, evidence: str, at: str) -> Landing:
    """A landing that has just begun."""
    return {"id": id, "task_uuid": task_uuid, "commit": commit, "merge": merge, "evidence": evidence, "at": at}


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


def new_module(
    *,
    id: str,
    name: str,
    priority: str,
    description: str = "",
    acceptance_criteria: Iterable[str] = (),
    dependencies: Iterable[str] = (),
    checks: Iterable[str] = (),
    scope: Iterable[str] = (),
    github_issue: str | None = None,
) -> Module:
    """A module that nobody has yet."""
    return {
        "id": id,
        "name": name,
        "description": description,
        "status": "pending",
        "priority": priority,
        "acceptance_criteria": list(acceptance_criteria),
        "dependencies": list(dependencies),
        "checks": list(checks),
        "scope": list(scope),
        "assigned_to": None,
        "task_uuid": None,
        "github_issue": github_issue,
        "pr": None,
        "verification_loops": 0,
    }
