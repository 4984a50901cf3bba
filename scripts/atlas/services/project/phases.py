"""The phases of an orchestration: what may be done in which, and when it is over."""

from __future__ import annotations

from atlas.adapters.git import refs, tree_status
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


def require_clean_folder(folder: str, untracked: bool = True) -> str:
    """The commit checked out in `folder`.

    Raises AtlasError when there is none, or when there are uncommitted changes (new files among them, if `untracked`).
    """
    commit = refs.head_commit(folder)
    changed = tree_status.uncommitted_paths(folder, untracked)
    if changed:
        paths = ", ".join(line[3:] for line in changed[:3]) + (f" and {len(changed) - 3} more" if changed[3:] else "")
        raise AtlasError(f"{folder} has uncommitted changes ({paths}): commit or stash them first")
    return commit


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
