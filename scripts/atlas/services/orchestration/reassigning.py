"""Taking a module from its agent and giving it to another, with the work that was done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from atlas.core.errors import AtlasError, OperationFailed
from atlas.core.records.kinds import ASSIGNMENT, MODULE
from atlas.core.records.plan import Workflow
from atlas.core.records.whole import whole_assignment
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import Given
from atlas.services.assignments import handoff, taking
from atlas.services.project.operation import error_text
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import workspace_of_task
from atlas.services.workspaces import drafts

from . import cancelling, handover
from .dispatch import dispatch_order, finish_workspace
from .order import Order

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.assignments import HandedOver, Reassigned, ReassignResult, TakenOver
    from atlas.services.project.context import Context


def redispatch_module(
    context: Context,
    module_id: str,
    agent_id: str,
    force: bool = False,
    workspace: bool = True,
    skeleton: Sequence[str] = (),
    wait: float | None = None,
) -> ReassignResult:
    """Take a module from its agent and give it to another. The workspace of the first stays, with all that is in it.

    With `force`, work that has begun goes on: its agent is told to stop, `wait` seconds are given to its receipt (by
    default those of the settings), all that it did is committed, and the other begins there, with a handoff. Given
    again after a crash it goes on where it was; given for the agent that was told to stop, it takes that back.
    Raises AtlasError when it cannot be taken; when the new workspace cannot be made the module waits for an agent.
    """
    seen = context.read("reassign", lambda tx, actor: _foresee_taking(tx, module_id, agent_id, force))
    if isinstance(seen, _Left):
        ready = finish_workspace(context, "reassign", seen.workflow, seen.workspace)
        return {**seen.given, "before": None, "left": None, "workspace": ready, "notes": []}
    if seen == _CANCELS:
        return cancelling.cancel_handover(context, module_id, agent_id)
    files = drafts.skeleton_files(context.project.root, skeleton)
    give = partial(taking.reassign_to, module_id=module_id, agent_id=agent_id, force=force)
    if force:
        return _take_begun_work(context, module_id, agent_id, workspace, Order("reassign", give, files), wait)
    given, place, notes = dispatch_order(context, Order("reassign", give, files), workspace)
    reassigned: Reassigned = {**given, "workspace": place, "notes": notes}
    return reassigned


def _take_begun_work(
    context: Context, module_id: str, agent_id: str, workspace: bool, order: Order[TakenOver], wait: float | None
) -> HandedOver:
    """Stop whoever has the module, save its work, and give it with a handoff. Raises OperationFailed once begun."""
    taken = handover.stop_and_save(context, module_id, agent_id, wait)
    try:
        made = handoff.make_document(context, "reassign", module_id, agent_id)
        handoff.save_document(context, made)
        order.made = made
        given, place, notes = dispatch_order(context, order, workspace)
    except (AtlasError, OSError) as error:
        raise _left_open(context, module_id, error) from error
    handed_over: HandedOver = {
        **given,
        "workspace": place,
        "notes": notes,
        "saved": taken.saved,
        "receipt": taken.receipt,
        "handoff": made.file,
    }
    return handed_over


class _Left(NamedTuple):
    """What a process that died left of giving a module: the workspace is half made."""

    given: Given
    workspace: Workspace
    workflow: Workflow


_CANCELS: Final = "cancels"
_TAKES: Final = "takes"


def _foresee_taking(tx: Transaction, module_id: str, agent_id: str, force: bool) -> _Left | Literal["cancels", "takes"]:
    """What giving a module to an agent comes to. Raises AtlasError when it cannot be taken."""
    module = tx.get(MODULE, module_id)
    assignment = tx.get(ASSIGNMENT, module["task_uuid"] or "") if module else None
    workspace = workspace_of_task(tx, assignment["task_uuid"]) if assignment else None
    if assignment and workspace and workspace["agent"] == agent_id and workspace["status"] == "creating":
        whole = whole_assignment(tx, assignment)
        given: Given = {"module": module_id, "agent": agent_id, "assignment": whole, "created": False}
        return _Left(given, workspace, executing_workflow(tx))
    if cancelling.may_cancel(tx, module_id, agent_id):
        return _CANCELS
    taking.takeable_module(tx, module_id, agent_id, force)
    return _TAKES


def _left_open(context: Context, module_id: str, error: AtlasError | OSError) -> AtlasError:
    """The error of a handover that began and did not come to its end: it says what stands."""
    if isinstance(error, OperationFailed):
        return error
    module = context.look(lambda tx: tx.need(MODULE, module_id))
    old = context.look(lambda tx: tx.get(ASSIGNMENT, module["task_uuid"] or ""))
    is_open = old is not None and old["handover"] is not None
    stands = cancelling.describe_open(old) if old and is_open else f"{module_id} is {module['status']}"
    return OperationFailed(f"{error_text(error)}; {stands}")
