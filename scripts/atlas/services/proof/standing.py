"""The checks of modules that are complete: what lands must not break them, or they would not be complete any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.records.kinds import MODULE
from atlas.core.records.rows import PASSED, Check

from .running import Subject, run_checks

if TYPE_CHECKING:
    from atlas.services.project.context import Context

    from .conditions import Conditions


def broken_checks(context: Context, subject: Subject, conditions: Conditions) -> list[Check]:
    """The checks of complete modules that do not pass on what would land, each with whose it is.

    Each module's run on a clone of their own, in their order. What the subject's own commands begin with is not run
    again: those passed.
    """
    complete = context.look(lambda tx: tx.where(MODULE, status="complete"))
    tried = [subject.commands]
    broken: list[Check] = []
    for module in complete:
        commands = module["checks"]
        if any(other[: len(commands)] == commands for other in tried):
            continue
        tried.append(commands)
        for check in run_checks(context, subject._replace(commands=commands), conditions):
            if check["outcome"] != PASSED:
                why = f": {check['why']}" if check["why"] else ""
                broken.append({**check, "why": f"a check of {module['id']}, which is complete{why}"})
    return broken
