"""What is to be completed, as it was when the checks began."""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.workspace import IN_USE
from atlas.services.assignments.assignments import live_assignment
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import workspace_of_task


class Work:
    """What is to be completed, as it was when the checks began: the module, who has it, and where it was done."""

    def __init__(self, tx: Transaction, module_id: str, reason: str | None) -> None:
        """Raises AtlasError when it cannot be completed."""
        executing_workflow(tx)
        self.module, self.assignment = live_assignment(tx, module_id)
        self.workspace = workspace_of_task(tx, self.assignment["task_uuid"])
        if not self.module["checks"] and not reason:
            raise AtlasError(f"{module_id} has no checks: say with --reason TEXT how it was found to be done")
        if self.workspace is not None and self.workspace["status"] not in IN_USE:
            raise AtlasError(
                f"workspace {self.workspace['name']} is {self.workspace['status']}: give {module_id} to "
                f"{self.assignment['agent']} again with `atlas assign`"
            )

    def require_same(self, now: Work) -> None:
        """Raise AtlasError when the module was changed, or given to somebody else, meanwhile."""
        if (now.module["checks"], now.assignment["task_uuid"]) != (self.module["checks"], self.assignment["task_uuid"]):
            raise AtlasError(f"{self.module['id']} was changed while its checks ran: run this again")
