"""Beginning to execute the approved plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atlas.core.errors import AtlasError
from atlas.core.paths import EXEC_FILE
from atlas.core.records.kinds import MODULE, WORKFLOW
from atlas.core.records.plan import ORCHESTRATION, Module, Workflow, new_module
from atlas.core.rules import graph
from atlas.services.integration import branch, branch_choice
from atlas.services.plan.approval import approved_document
from atlas.services.plan.plan import enter_status, planning_workflow
from atlas.services.workspaces import tools_script

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.orchestration import StartResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context


def start_workflow(context: Context, integration_branch: str | None = None) -> StartResult:
    """Begin executing the approved plan, on the integration branch of that name. Starting again changes nothing.

    The session it is called from becomes the lead, unless another one leads already.
    Raises AtlasError when the plan phase is not complete, or the branch cannot be used.
    """
    chosen = branch_choice.choose_branch(context.project.root, integration_branch)

    def run(tx: Transaction, actor: Actor) -> StartResult:
        workflow = tx.only(WORKFLOW)
        if workflow is not None and workflow["phase"] == ORCHESTRATION:
            return _start_result(workflow, tx, created=False)
        workflow = planning_workflow(tx)
        plan = approved_document(tx, workflow)
        if workflow["status"] == "drafting":  # a person wrote `plan_phase_complete: true` into the plan
            enter_status(workflow, "approved", tx.at, "start")
            tx.put(WORKFLOW, workflow)
        for planned in plan.modules:
            tx.put(MODULE, module_record(planned))
        workflow["phase"], workflow["status"], workflow["started_at"] = ORCHESTRATION, "executing", tx.at
        workflow["integration_branch"], workflow["base_branch"] = chosen.branch, chosen.base_branch
        workflow["integration_commit"] = chosen.commit
        workflow["transitions"].append({"to": "executing", "at": tx.at, "verb": "start"})
        if workflow["lead"] is None and actor["session"]:
            workflow["lead"], workflow["lead_since"] = actor["session"], tx.at
        tx.put(WORKFLOW, workflow)
        tx.emit("OrchestrationStarted", plan=workflow["plan_id"], modules=len(plan.modules))
        return _start_result(workflow, tx, created=True)

    result = context.transact("start", run)
    result["notes"] += _prepare_project(context, chosen) if result["created"] else []
    return result


def _prepare_project(context: Context, chosen: branch_choice.Choice) -> list[str]:
    """What follows from a start outside the store; what cannot be done is said, and done when it is needed."""
    notes = [chosen.note] if chosen.note else []
    try:
        if chosen.commit is not None:
            branch.ensure_branch(context, "start")
        tools_script.write_script(context.project)
    except (AtlasError, OSError) as error:
        notes.append(str(error))
    return notes


def _start_result(workflow: Workflow, tx: Transaction, created: bool) -> StartResult:
    ready = [module["id"] for module in graph.ready_modules(tx.all(MODULE))]
    return {
        "plan_id": workflow["plan_id"],
        "modules": tx.count(MODULE),
        "ready": ready,
        "lead": workflow["lead"],
        "created": created,
        "exec_file": EXEC_FILE,
        "integration_branch": workflow["integration_branch"],
        "notes": [],
    }


def module_record(planned: dict[str, Any]) -> Module:
    """The record of a module, from its fields in the plan."""
    return new_module(
        id=planned["id"],
        name=planned["name"],
        priority=planned["priority"],
        description=planned["description"],
        acceptance_criteria=planned["acceptance_criteria"],
        dependencies=planned["dependencies"],
        checks=planned["checks"],
        scope=planned["scope"],
        github_issue=planned.get("github_issue"),
    )
