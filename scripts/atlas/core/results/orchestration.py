"""Results about the orchestration as a whole: what `start`, `lead`, `check` and `modify` answer."""

from __future__ import annotations

from typing import TypedDict, final

from atlas.core.records.whole import WholeModule


class StartResult(TypedDict):
    """The orchestration that was begun, or, when `created` is false, was running already.

    `modules` is how many modules there are, `ready` the ids of those that can be assigned, the most urgent first.
    `notes` say what could not be prepared yet.
    """

    plan_id: str
    modules: int
    ready: list[str]
    lead: str | None
    created: bool
    exec_file: str
    integration_branch: str | None
    notes: list[str]


class LeadResult(TypedDict):
    """The session that leads, since when, and which one led before. `taken` says that this call changed it."""

    lead: str | None
    since: str | None
    before: str | None
    taken: bool


class RemainingModule(TypedDict):
    """A module that is not complete."""

    id: str
    status: str


class CheckResult(TypedDict):
    """Whether the orchestration is over, and which modules are left. Outside the phase it is over."""

    in_phase: bool
    complete: bool
    remaining: list[RemainingModule]


@final
class ModuleChanged(TypedDict):
    """The module as it is now, and a line for each thing that changed."""

    module: WholeModule
    changes: list[str]


@final
class ModuleRemoved(TypedDict):
    """The module as it was, and whether all that are left are complete: then the orchestration is over."""

    module: WholeModule
    changes: list[str]
    all_complete: bool


ModifyResult = ModuleChanged | ModuleRemoved
