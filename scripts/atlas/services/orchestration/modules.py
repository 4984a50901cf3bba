"""Changing the modules of a running orchestration."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from atlas.core.errors import AtlasError
from atlas.core.letters import handshake, subjects, updates
from atlas.core.records.kinds import MODULE, OF_MODULE
from atlas.core.records.team import AI
from atlas.core.records.whole import whole_modules
from atlas.core.rules import edits, graph, roles
from atlas.core.text import name_known
from atlas.services.assignments.assignments import live_assignment
from atlas.services.messages import interrupts
from atlas.services.messages.mailbox import post_message
from atlas.services.plan.module_edits import new_module
from atlas.services.project.phases import executing_workflow, settle_workflow
from atlas.services.understanding.verification import reopen_understanding
from atlas.services.workspaces.own_files import refresh_briefing

from .starting import module_record

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Module
    from atlas.core.results.orchestration import ModuleChanged, ModuleRemoved
    from atlas.services.project.context import Context


def add_module(context: Context, name: str, priority: str, edit: edits.Edit) -> ModuleChanged:
    """Add a pending module; its id is the slug of its name.

    Raises AtlasError when the id is taken, or a dependency is unknown.
    """

    def run(tx: Transaction, actor: roles.Actor) -> ModuleChanged:
        executing_workflow(tx)
        module = module_record(new_module(name, priority, edit))
        if tx.get(MODULE, module["id"]) is not None:
            raise AtlasError(f"there is a module {module['id']!r} already: modify it, or choose another name")
        tx.put(MODULE, module)
        tx.emit("ModuleAdded", module=module["id"])
        _require_sound_graph(tx)
        return {"module": whole_modules(tx, [module])[0], "changes": [f"added {module['name']}"]}

    return context.transact("modify", run)


def modify_module(context: Context, module_id: str, edit: edits.Edit) -> ModuleChanged:
    """Change what is asked of a module; an agent that works on it is told, and repeats its task when that is another.

    Raises AtlasError when the module is unknown or complete, or a dependency is unknown or circular.
    """

    def run(tx: Transaction, actor: roles.Actor) -> ModuleChanged:
        executing_workflow(tx)
        module = tx.need(MODULE, module_id)
        if module["status"] == "complete":
            raise AtlasError(f"{module_id} is complete: add a new module for further work")
        fields: Any = module
        before = _module_instructions(module)
        changes = edits.apply_edit(fields, edit)
        if changes:
            tx.put(MODULE, module)
            tx.emit("ModuleModified", module=module_id, text="; ".join(changes))
            _require_sound_graph(tx)
            _tell_agent(tx, actor, module, changes, is_other_task=_module_instructions(module) != before)
        return {"module": whole_modules(tx, [tx.need(MODULE, module_id)])[0], "changes": changes}

    result = context.transact("modify", run)
    if result["changes"] and result["module"]["task_uuid"]:
        refresh_briefing(context, "modify", result["module"]["task_uuid"])
    return result


def _module_instructions(module: Module) -> Any:
    """What an agent repeats before it may work: when that changes, it has another task."""
    return deepcopy([module["description"], module["acceptance_criteria"], module["checks"], module["scope"]])


def _tell_agent(tx: Transaction, actor: roles.Actor, module: Module, changes: list[str], is_other_task: bool) -> None:
    if module["task_uuid"] is None:
        return
    _, assignment = live_assignment(tx, module["id"])
    if assignment["agent_type"] != AI:
        return
    task_uuid = assignment["task_uuid"]
    body = updates.update_body(module, changes)
    if is_other_task:
        body = handshake.reopened_body(module, changes)
        if reopen_understanding(tx, module, assignment):
            interrupts.stop_work(tx, actor, assignment, body)
    subject = subjects.update_subject(module, task_uuid)
    post_message(tx, assignment["agent"], subject, body, priority="high", task_uuid=task_uuid)


def remove_module(context: Context, module_id: str) -> ModuleRemoved:
    """Take a pending module out of the orchestration.

    Raises AtlasError when it is unknown, not pending, the last one left, or another module depends on it.
    """

    def run(tx: Transaction, actor: roles.Actor) -> ModuleRemoved:
        workflow = executing_workflow(tx)
        module = tx.need(MODULE, module_id)
        if module["status"] != "pending":
            raise AtlasError(f"{module_id} is {module['status']}: only a pending module can be removed")
        users = graph.direct_dependants(graph.dependency_graph(tx.all(MODULE)), module_id)
        if users:
            raise AtlasError(f"{module_id} cannot be removed: {', '.join(users)} depends on it")
        if tx.count(MODULE) == 1:
            raise AtlasError(f"{module_id} is the only module: nothing would be left to do")
        removed = whole_modules(tx, [module])[0]
        tx.delete(MODULE, module_id)
        for kind in OF_MODULE:
            for row in tx.keys(kind, module=module_id):
                tx.delete(kind, row)
        tx.emit("ModuleRemoved", module=module_id)
        return {"module": removed, "changes": ["removed"], "all_complete": settle_workflow(tx, workflow, "modify")}

    return context.transact("modify", run)


def _require_sound_graph(tx: Transaction) -> None:
    needs = graph.dependency_graph(tx.all(MODULE))
    for module, needed in graph.unknown_dependencies(needs):
        others = [other for other in needs if other != module]
        raise AtlasError(f"{module} depends on {needed!r}, which is no module: {name_known(needed, others)}")
    circle = graph.find_cycle(needs)
    if circle:
        raise AtlasError("dependencies would go in a circle: " + " → ".join(circle))
