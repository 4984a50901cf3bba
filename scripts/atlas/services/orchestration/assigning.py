"""Giving a module that waits for an agent to one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from atlas.services.assignments import giving

from .dispatch import dispatch_order
from .order import Order

if TYPE_CHECKING:
    from atlas.core.results.assignments import AssignResult
    from atlas.services.project.context import Context


def dispatch_module(
    context: Context,
    module_id: str,
    agent_id: str,
    force: bool = False,
    workspace: bool = True,
    skeleton: Sequence[str] = (),
) -> AssignResult:
    """Give a pending module to a registered agent; the same again changes nothing, but finishes what a crash left.

    Raises AtlasError when the module cannot be given, or its workspace cannot be made: then nobody has the module.
    """
    give = partial(giving.give_pending_module, module_id=module_id, agent_id=agent_id, force=force)
    given, place, notes = dispatch_order(context, Order("assign", give, skeleton), workspace)
    return {**given, "workspace": place, "notes": notes}
