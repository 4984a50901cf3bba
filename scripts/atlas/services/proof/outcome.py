"""What is recorded of a completion: that its checks failed, that its merge ended, conflicts, or is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from atlas.core.following import poll_schedule
from atlas.core.letters import proof, subjects
from atlas.core.records.kinds import ASSIGNMENT, EVIDENCE, LANDING, MODULE, WORKFLOW, WORKSPACE
from atlas.core.records.rows import CONFLICT, contents_of, evidence_row, new_evidence
from atlas.core.records.team import AI
from atlas.core.rules.completion import may_land, review_standing, reviews_of
from atlas.services.assignments.assignments import live_assignment
from atlas.services.integration.branch import branch_of_workflow
from atlas.services.messages.mailbox import post_message
from atlas.services.project.phases import executing_workflow, settle_workflow
from atlas.services.project.settings import current_settings
from atlas.services.project.workspace_paths import workspace_of_task

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.records.rows import EvidenceContents
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.proof import CompleteResult
    from atlas.core.rules.roles import Actor

    from .work import Work


def put_evidence(tx: Transaction, module_id: str, evidence: EvidenceContents) -> str:
    """Store what ATLAS saw, with the time of this transaction; returns the name of its row."""
    evidence["at"] = tx.at
    number = tx.seq + 1
    while tx.get(EVIDENCE, evidence_row(number)) is not None:  # after a history was begun anew
        number += 1
    row = new_evidence(module=module_id, seq=tx.seq + 1, number=number, contents=evidence)
    tx.put(EVIDENCE, row)
    return row["row"]


def mark_workspace(tx: Transaction, workspace: Workspace | None, status: str, **fields: Any) -> None:
    """Give a workspace, where there is one, another status."""
    if workspace is not None:
        tx.patch(WORKSPACE, tx.need(WORKSPACE, workspace["name"]), status=status, **fields)


def stop_landing(tx: Transaction, module_id: str) -> tuple[Module, Assignment]:
    """Note that the work on a module is not being merged any more; returns the module and its assignment."""
    module, assignment = live_assignment(tx, module_id)
    tx.delete(LANDING, module_id)
    tx.emit("MergeStopped", module=module_id)
    mark_workspace(tx, workspace_of_task(tx, assignment["task_uuid"]), "ready")
    return module, assignment


def record_complete(tx: Transaction, module_id: str, integrated: str) -> CompleteResult:
    """Record that a module is complete, and the commit of the integration branch that has its work."""
    module, assignment = live_assignment(tx, module_id)
    landing = tx.need(LANDING, module_id)
    evidence = tx.patch(EVIDENCE, tx.need(EVIDENCE, landing["evidence"]), integrated=integrated)
    tx.delete(LANDING, module_id)
    tx.patch(MODULE, module, status="complete", task_uuid=None)
    tx.patch(ASSIGNMENT, assignment, status="complete", ended_at=tx.at)
    mark_workspace(tx, workspace_of_task(tx, assignment["task_uuid"]), "merged", conflicts={})
    tx.emit("WorkMerged", module=module_id, commit=integrated[:12])
    tx.emit("ModuleCompleted", module=module_id, agent=assignment["agent"])
    workflow = executing_workflow(tx)
    workflow["integration_commit"] = integrated
    tx.put(WORKFLOW, workflow)
    return evidence_result(module, evidence, settle_workflow(tx, workflow, "complete"))


def record_passed(tx: Transaction, actor: Actor, proven: Work, evidence: EvidenceContents) -> CompleteResult:
    """Record that a proof passed, and change nothing else."""
    module = proven.again(tx, actor).module
    put_evidence(tx, module["id"], evidence)
    tx.emit("ChecksPassed", module=module["id"], commit=evidence["commit"][:12])
    return evidence_result(module, evidence, False)


def record_returned(tx: Transaction, actor: Actor, proven: Work, evidence: EvidenceContents) -> CompleteResult:
    """Record a proof that did not pass, and send the module back to its agent."""
    work = proven.again(tx, actor)
    module, assignment = work.module, work.assignment
    put_evidence(tx, module["id"], evidence)
    branch = branch_of_workflow(work.workflow)
    if evidence["outcome"] == CONFLICT:
        tx.emit("MergeConflicted", module=module["id"], files=evidence["conflicts"][:8])
        body = proof.conflict_body(module, branch, evidence["conflicts"])
    else:
        module["verification_loops"] += 1
        tx.emit("ChecksFailed", module=module["id"], commit=evidence["commit"][:12])
        body = proof.failed_body(module, evidence, branch)
    send_back(tx, module, assignment, body)
    return {**evidence_result(module, evidence, False), "integration_branch": branch}


def record_waiting(tx: Transaction, actor: Actor, proven: Work, evidence: EvidenceContents) -> CompleteResult | None:
    """Record a proof that passed and has to wait for reviews; None, with nothing recorded, when it may land.

    When a criterion was found not to be met, the module goes back to its agent with the words of the reviews.
    """
    work = proven.again(tx, actor)
    module, assignment = work.module, work.assignment
    standing = review_standing(tx, module, evidence["commit"])
    if work.words.override or may_land(standing):
        return None
    put_evidence(tx, module["id"], evidence)
    tx.emit("ChecksPassed", module=module["id"], commit=evidence["commit"][:12])
    if standing["unmet"]:
        found = reviews_of(tx, module, evidence["commit"])
        module["verification_loops"] += 1
        send_back(tx, module, assignment, proof.unmet_body(module, found))
    else:
        tx.patch(MODULE, module, status="pending_verification")
        tx.patch(ASSIGNMENT, assignment, status="reviewing")
        tx.emit("ReviewsAwaited", module=module["id"], given=len(standing["by"]), rounds=standing["rounds"])
    return {**evidence_result(module, evidence, False), "reviews": standing}


def send_back(tx: Transaction, module: Module, assignment: Assignment, body: str) -> None:
    """Send a module back to its agent, with what was found."""
    _resume_work(tx, module, assignment)
    if assignment["agent_type"] == AI:
        loops = max(module["verification_loops"], 1)
        subject = subjects.failed_subject(module, assignment["task_uuid"], loops)
        post_message(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])


def _resume_work(tx: Transaction, module: Module, assignment: Assignment) -> None:
    """Record that the agent has to go on, and is to be asked again how it stands."""
    if module["status"] in ("assigned", "pending_verification"):
        module["status"] = assignment["status"] = "in_progress"
    tx.put(MODULE, module)
    poll_schedule.resume_polling(assignment, tx.at, poll_schedule.polling_times(current_settings(tx)))
    tx.put(ASSIGNMENT, assignment)


def evidence_result(module: Module, evidence: Mapping[str, Any], all_complete: bool) -> CompleteResult:
    """What `verify` and `complete` answer."""
    return {
        "module": module["id"],
        "passed": evidence["passed"],
        "complete": evidence["integrated"] is not None,
        "evidence": cast("EvidenceContents", contents_of(evidence)),
        "conflicts": evidence.get("conflicts", []),
        "untracked": [],
        "all_complete": all_complete,
    }
