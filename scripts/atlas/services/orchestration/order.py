"""An order to give a module, and what carrying it out would come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from atlas.adapters.store.transaction import Transaction
from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.plan import Workflow
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import Given
from atlas.services.assignments import handoff
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import workspace_of_task

G = TypeVar("G", bound=Given)


class Order(Generic[G]):
    """Which verb gives a module how, the files to copy into its workspace, and what its agent is handed over."""

    def __init__(
        self,
        verb: str,
        give: Callable[[Transaction], G],
        skeleton: Sequence[str] = (),
        made: handoff.Document | None = None,
    ) -> None:
        self.verb, self.give, self.skeleton, self.made = verb, give, skeleton, made


class Foreseen(NamedTuple):
    """What giving would come to, and what there is around it: looked at on one snapshot, and thrown away.

    `found` is the workspace that the assignment has, `taken` are all there are, by name.
    """

    given: Any
    found: Workspace | None
    taken: dict[str, Workspace]
    workflow: Workflow


def foresee_result(tx: Transaction, order: Order[G]) -> Foreseen:
    """What giving would come to on this snapshot. Raises what giving raises."""
    given = order.give(tx)
    taken = {one["name"]: one for one in tx.where(WORKSPACE, removed_at=None)}
    found = workspace_of_task(tx, given["assignment"]["task_uuid"])
    return Foreseen(given, found, taken, executing_workflow(tx))
