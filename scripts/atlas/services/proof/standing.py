"""The checks of modules that are complete: what lands must not break them, or they would not be complete any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.records.kinds import MODULE
from atlas.core.records.rows import PASSED, Check

from .running import Subject, passing_lists, run_checks

if TYPE_CHECKING:
    from atlas.core.records.plan import Module
    from atlas.services.project.context import Context

    from .conditions import Conditions


def broken_checks(context: Context, subject: Subject, conditions: Conditions) -> list[Check]:
    """The checks of complete modules that do not pass on what would land, each with whose it is.

    What the subject's own commands begin with is not run again: those passed. A list of commands that does not pass at
    once runs once more, as a module's own do, which tells how it fails.
    """
    complete = _modules_to_try(context, subject.commands)
    passing = passing_lists(context, subject, [module["checks"] for module in complete], conditions)
    broken: list[Check] = []
    for module, passes in zip(complete, passing, strict=True):
        for check in () if passes else run_checks(context, subject._replace(commands=module["checks"]), conditions):
            if check["outcome"] != PASSED:
                why = f": {check['why']}" if check["why"] else ""
                broken.append({**check, "why": f"a check of {module['id']}, which is complete{why}"})
    return broken


def _modules_to_try(context: Context, passed: list[str]) -> list[Module]:
    """The complete modules but for those whose commands are the beginning of what passed, or of another one's."""
    tried, found = [passed], []
    for module in context.look(lambda tx: tx.where(MODULE, status="complete")):
        commands = module["checks"]
        if not any(other[: len(commands)] == commands for other in tried):
            tried.append(commands)
            found.append(module)
    return found
