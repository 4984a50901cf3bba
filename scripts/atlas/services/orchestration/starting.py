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
from atlas.services.project.operation import Operation, carry_out, error_text
from atlas.services.project.phases import orchestration_workflow
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
    return carry_out(context, _Start(context, chosen))


class _Start(Operation["StartResult", "list[str]", "StartResult"]):
    """Records the modules of the approved plan, and makes the integration branch."""

    verb = "start"

    def __init__(self, context: Context, chosen: branch_choice.Choice) -> None:
        self._context, self._chosen = context, chosen

    def intend(self, tx: Transaction, actor: Actor) -> StartResult:
        """Decide that it may begin, and record that it has."""
        workflow, chosen = tx.only(WORKFLOW), self._chosen
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
            workflow["lead"], workflow["lead_since"], workflow["lead_seq"] = actor["session"], tx.at, tx.seq + 1
        tx.put(WORKFLOW, workflow)
        tx.emit("OrchestrationStarted", plan=workflow["plan_id"], modules=len(plan.modules))
        return _start_result(workflow, tx, created=True)

    def act(self, intent: StartResult) -> list[str]:
        """What follows from a start outside the store; what cannot be done is said, and done when it is needed."""
        if not intent["created"]:
            return []
        notes = [self._chosen.note] if self._chosen.note else []
        try:
            if self._chosen.commit is not None:
                workflow = self._context.look(orchestration_workflow)
                branch.make_branch(
                    self._context.project.root, branch.locate_branch(self._context.project.root, workflow)
                )
            tools_script.write_script(self._context.project)
        except (AtlasError, OSError) as error:
            notes.append(error_text(error))
        return notes

    def conclude(self, tx: Transaction, actor: Actor, intent: StartResult, effect: list[str]) -> StartResult:
        """Nothing is left to record: the branch is made anew wherever it is needed and not there."""
        return {**intent, "notes": effect}

    def take_back(self, intent: StartResult, error: BaseException) -> str:
        """It has begun, whatever could not be prepared."""
        return "the orchestration has begun"

    def leave_open(self, intent: StartResult, effect: list[str]) -> str:
        """It has begun; nothing was left to record."""
        return "the orchestration has begun"


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
