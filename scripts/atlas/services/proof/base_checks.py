"""Trying the checks of a plan before any work is done: one that passes then proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from atlas.core.errors import AtlasError
from atlas.core.records.rows import COULD_NOT_RUN
from atlas.services.integration.branch_choice import choose_branch
from atlas.services.plan.plan import read_document

from .conditions import read_conditions
from .green_results import recall_base
from .running import run_on_base

if TYPE_CHECKING:
    from atlas.core.records.rows import Check
    from atlas.core.results.plan import BaseCheck, BaseChecks
    from atlas.services.project.context import Context


def try_checks(context: Context) -> BaseChecks:
    """Run each check of the plan once where the work will begin, or tell how it ran there before.

    All run in one clone in the order of the plan, so that each has what its module's earlier checks made, as in a
    proof. That none could be run is in the answer: no approval depends on it.
    """
    modules, conditions = context.read(
        "approve", lambda tx, actor: (read_document(tx).modules, read_conditions(tx, None, fresh=False))
    )
    having: dict[str, list[str]] = {}
    for module in modules:
        for command in dict.fromkeys(module["checks"]):
            having.setdefault(command, []).append(module["id"])
    if not having:
        return _none_ran("the plan has no checks")
    commit = None
    try:
        commit = choose_branch(context.project.root, None).commit
        if commit is None:
            return _none_ran("there is no commit yet to run them on")
        known = recall_base(context.project, commit, list(having), conditions)
        found = known or run_on_base(context.project, commit, list(having), conditions)
    except (AtlasError, OSError) as error:
        return _none_ran(str(error), commit)
    checks = [_base_check(check, having[check["command"]]) for check in found]
    return {"commit": commit, "not_run": None, "known": known is not None, "checks": checks}


def _none_ran(why: str, commit: str | None = None) -> BaseChecks:
    return {"commit": commit, "not_run": why, "known": False, "checks": []}


def _base_check(check: Check, modules: list[str]) -> BaseCheck:
    why = check["why"]
    if check["outcome"] == COULD_NOT_RUN and not why:
        why = f"exit code {check['exit_code']}"
    found = {"command": check["command"], "modules": modules, "outcome": check["outcome"], "why": why}
    return cast("BaseCheck", found)
