"""Whether the orchestration is over, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.records.kinds import MODULE, WORKFLOW
from atlas.core.records.plan import ORCHESTRATION

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.orchestration import CheckResult, RemainingModule
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def check_workflow(context: Context) -> CheckResult:
    """Whether the orchestration is over: `complete`, and what is left. Outside the phase nothing is left."""

    def run(tx: Transaction, actor: Actor) -> CheckResult:
        workflow = tx.only(WORKFLOW)
        if workflow is None or workflow["phase"] != ORCHESTRATION:
            return {"in_phase": False, "complete": True, "remaining": []}
        rest: list[RemainingModule] = [
            {"id": m["id"], "status": m["status"]} for m in tx.all(MODULE) if m["status"] != "complete"
        ]
        return {"in_phase": True, "complete": not rest, "remaining": rest}

    if not context.store.exists():
        return {"in_phase": False, "complete": True, "remaining": []}
    return context.read("check", run)
