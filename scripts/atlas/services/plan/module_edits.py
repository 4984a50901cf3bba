"""The modules of a plan: adding, changing, removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atlas.core import ids
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW
from atlas.core.rules import edits

from .plan import enter_status, planning_workflow, read_document

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.plan import RequirementResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

    from .document import PlanDocument


def add_module(context: Context, name: str, priority: str, edit: edits.Edit) -> RequirementResult:
    """Add a module to the plan; its id is the slug of its name. Raises AtlasError when that id is taken."""

    def run(tx: Transaction, actor: Actor) -> RequirementResult:
        plan = _editable_document(tx)
        module = new_module(name, priority, edit)
        if any(other["id"] == module["id"] for other in plan.modules):
            raise AtlasError(f"the plan has a module {module['id']!r} already: modify it, or choose another name")
        plan.modules.append(module)
        return _save_plan(tx, plan, "add", module, [f"added {module['name']}"])

    return context.transact("requirement", run)


def new_module(name: str, priority: str, edit: edits.Edit) -> dict[str, Any]:
    """The fields of a new module as the plan holds them."""
    module: dict[str, Any] = {
        "id": ids.make_slug(name),
        "name": " ".join(name.split()),
        "description": "",
        "priority": priority,
        "status": "pending",
        "acceptance_criteria": [],
        "dependencies": [],
        "checks": [],
        "scope": [],
    }
    edits.apply_edit(module, edit)
    return module


def modify_module(context: Context, module_id: str, edit: edits.Edit) -> RequirementResult:
    """Change a module of the plan. Raises AtlasError when there is no such module or nothing would change."""

    def run(tx: Transaction, actor: Actor) -> RequirementResult:
        plan = _editable_document(tx)
        module = plan.module(module_id)
        return _save_plan(tx, plan, "modify", module, edits.apply_edit(module, edit))

    return context.transact("requirement", run)


def remove_module(context: Context, module_id: str) -> RequirementResult:
    """Take a module out of the plan. Raises AtlasError while another one depends on it."""

    def run(tx: Transaction, actor: Actor) -> RequirementResult:
        plan = _editable_document(tx)
        module = plan.module(module_id)
        users = [other["id"] for other in plan.modules if module_id in other["dependencies"]]
        if users:
            raise AtlasError(f"{module_id} cannot be removed: {', '.join(users)} depends on it")
        plan.modules.remove(module)
        return _save_plan(tx, plan, "remove", module, [f"removed {module['name']}"])

    return context.transact("requirement", run)


def _save_plan(
    tx: Transaction, plan: PlanDocument, action: str, module: dict[str, Any], changes: list[str]
) -> RequirementResult:
    if changes:
        plan.note(tx.at, action, module["id"], "; ".join(changes))
        tx.put_plan(plan.data)
        workflow = planning_workflow(tx)
        enter_status(workflow, "drafting", tx.at, "requirement")
        workflow["plan_sha"] = None
        tx.put(WORKFLOW, workflow)
        tx.emit("RequirementChanged", module=module["id"], action=action, text="; ".join(changes))
    planned: Any = module
    return {"module": planned, "changes": changes, "modules": len(plan.modules)}


def _editable_document(tx: Transaction) -> PlanDocument:
    planning_workflow(tx)
    return read_document(tx)
