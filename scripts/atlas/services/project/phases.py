"""The phases of an orchestration: what may be done in which, and when it is over."""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import MODULE, WORKFLOW
from atlas.core.records.plan import ORCHESTRATION, Workflow


def settle_workflow(tx: Transaction, workflow: Workflow, verb: str) -> bool:
    """Close the workflow when every module is complete; returns whether it is."""
    done = tx.count(MODULE, status="complete") == tx.count(MODULE)
    if done and workflow["status"] != "complete":
        workflow["status"], workflow["completed_at"] = "complete", tx.at
        workflow["transitions"].append({"to": "complete", "at": tx.at, "verb": verb})
        tx.put(WORKFLOW, workflow)
        tx.emit("OrchestrationCompleted", plan=workflow["plan_id"])
    return done


def executing_workflow(tx: Transaction) -> Workflow:
    """The workflow of a running orchestration. Raises AtlasError when none is running."""
    workflow = orchestration_workflow(tx)
    if workflow["status"] == "complete":
        raise AtlasError("the orchestration is complete: begin the next one with `atlas plan GOAL`")
    return workflow


def orchestration_workflow(tx: Transaction) -> Workflow:
    """The workflow once it is past planning. Raises AtlasError when it is not."""
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError("not in the orchestration phase: begin with `atlas plan GOAL`")
    if workflow["phase"] != ORCHESTRATION:
        raise AtlasError("not in the orchestration phase: finish the plan, `atlas approve`, then `atlas start`")
    return workflow
