"""Results of the plan phase: what `plan`, `plan-status`, `requirement`, `approve` and `check-plan` answer."""

from __future__ import annotations

from typing import Literal, TypedDict

from atlas.core.records.plan import Pause


class PlanResult(TypedDict):
    """The plan that was begun, or, when `created` is false, the one for this goal that was being made already.

    `plan_file` is where the plan lies; it is empty for a plan that was there already.
    """

    plan_id: str
    goal: str
    created: bool
    plan_file: str


class _WrittenByHand(TypedDict, total=False):
    github_issue: str | None


class PlannedModule(_WrittenByHand):
    """A module as the plan holds it. Only a person writes `github_issue`, such as `#42`."""

    id: str
    name: str
    description: str
    priority: str
    status: str
    acceptance_criteria: list[str]
    dependencies: list[str]
    checks: list[str]
    scope: list[str]


class RequirementsSection(TypedDict):
    """A part of the requirements, and how far it is."""

    name: str
    status: Literal["pending", "in_progress", "complete"]


class Modification(TypedDict):
    """A change of the plan that was made by a verb; `target` is the module's id."""

    timestamp: str
    action: Literal["add", "modify", "remove"]
    target: str
    description: str


class _SinceItsBeginning(TypedDict, total=False):
    created_at: str


class PlanStatusResult(_SinceItsBeginning):
    """The plan as it is now, and what its approval lacks (`problems`).

    All but the last three fields are the plan's own. `lead` is the session that leads; `paused` says that the gates are
    lifted.
    """

    phase: Literal["planning"]
    plan_id: str
    status: Literal["drafting", "reviewing", "approved"]
    goal: str
    goal_locked: bool
    requirements_complete: bool
    requirements_sections: list[RequirementsSection]
    modules: list[PlannedModule]
    plan_phase_complete: bool
    exit_criteria: list[str]
    modifications: list[Modification]
    lead: str | None
    paused: Pause | None
    problems: list[str]


class RequirementResult(TypedDict):
    """The module of the plan as it is now, or was when it was removed, and a line for each thing that changed.

    `modules` is how many modules the plan has.
    """

    module: PlannedModule
    changes: list[str]
    modules: int


class BaseCheck(TypedDict):
    """A check of the plan as it ran without any work, the modules that have it, and why it did not pass."""

    command: str
    modules: list[str]
    outcome: Literal["passed", "failed", "could_not_run"]
    why: str | None


class BaseChecks(TypedDict):
    """How the plan's checks run on `commit`, where the work will begin, None before there is one.

    `not_run` says why none was run; `known` that they ran there before, and were not run again.
    """

    commit: str | None
    not_run: str | None
    known: bool
    checks: list[BaseCheck]


class ApproveResult(TypedDict):
    """The plan that is approved, or with `dry_run` could be. `modules` is how many modules it has.

    `base` is how its checks run without any work, None when they were not to run.
    """

    plan_id: str
    modules: int
    dry_run: bool
    base: BaseChecks | None


class CheckPlanResult(TypedDict):
    """Whether the plan phase is over, and why it is not. Outside the phase it is over."""

    in_phase: bool
    complete: bool
    reasons: list[str]
