"""What is recorded of a completion: that a merge begins, and that it passed, failed or conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atlas.core.following import poll_schedule
from atlas.core.letters import proof, subjects
from atlas.core.records.kinds import ASSIGNMENT, MODULE, WORKFLOW, WORKSPACE
from atlas.core.records.team import AI
from atlas.services.integration import branch as integration
from atlas.services.messages.mailbox import post_message
from atlas.services.project.phases import executing_workflow, settle_workflow
from atlas.services.project.settings import current_settings

from .work import Work

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Evidence, Module
    from atlas.core.results.proof import CompleteResult


def _current_work(tx: Transaction, work: Work, evidence: Evidence) -> Work:
    """The work as it is now, with the evidence recorded."""
    now = Work(tx, work.module["id"], evidence["reason"])
    work.require_same(now)
    evidence["at"] = tx.at
    now.module["evidence"].append(evidence)
    return now


def begin_merge(tx: Transaction, work: Work, reason: str | None) -> None:
    """Note that the work is being merged, so that nobody removes or takes it."""
    now = Work(tx, work.module["id"], reason)
    work.require_same(now)
    tx.patch(MODULE, now.module, status="pending_verification")
    tx.patch(ASSIGNMENT, now.assignment, status="reported")
    tx.emit("MergeBegun", module=work.module["id"])
    _mark_workspace(tx, now, "merging")


def _mark_workspace(tx: Transaction, work: Work, status: str, **fields: Any) -> None:
    if work.workspace is not None:
        tx.patch(WORKSPACE, tx.need(WORKSPACE, work.workspace["name"]), status=status, **fields)


def stop_merge(tx: Transaction, work: Work) -> None:
    """Note that the work is not being merged any more."""
    if work.workspace is not None and tx.need(WORKSPACE, work.workspace["name"])["status"] == "merging":
        tx.emit("MergeStopped", module=work.module["id"])
        _mark_workspace(tx, work, "ready")


def record_complete(tx: Transaction, work: Work, evidence: Evidence) -> CompleteResult:
    """Record that a module is complete, and where its commit was integrated."""
    now = _current_work(tx, work, evidence)
    tx.patch(MODULE, now.module, status="complete", task_uuid=None)
    tx.patch(ASSIGNMENT, now.assignment, status="complete", ended_at=tx.at)
    tx.emit("ChecksPassed", module=work.module["id"], commit=evidence["commit"][:12])
    tx.emit("WorkMerged", module=work.module["id"], commit=(evidence["integrated"] or "")[:12])
    tx.emit("ModuleCompleted", module=work.module["id"], agent=now.assignment["agent"])
    _mark_workspace(tx, now, "merged", conflicts={})
    workflow = executing_workflow(tx)
    workflow["integration_commit"] = evidence["integrated"]
    tx.put(WORKFLOW, workflow)
    return _evidence_result(now, evidence, [], settle_workflow(tx, workflow, "complete"))


def record_conflict(tx: Transaction, work: Work, evidence: Evidence, files: list[str]) -> CompleteResult:
    """Record that the work conflicts, and tell its agent to resolve that."""
    now = _current_work(tx, work, evidence)
    stop_merge(tx, now)
    _resume_work(tx, now.module, now.assignment)
    branch = integration.branch_of_workflow(executing_workflow(tx))
    tx.emit("MergeConflicted", module=work.module["id"], files=files[:8])
    if now.assignment["agent_type"] == AI:
        subject = subjects.failed_subject(now.module, now.assignment["task_uuid"], now.module["verification_loops"] + 1)
        body = proof.conflict_body(now.module, branch, files)
        post_message(tx, now.assignment["agent"], subject, body, priority="high", task_uuid=now.assignment["task_uuid"])
    return {**_evidence_result(now, evidence, files, False), "integration_branch": branch}


def record_failed(tx: Transaction, work: Work, evidence: Evidence) -> CompleteResult:
    """Record that checks failed, and send the module back to its agent."""
    now = _current_work(tx, work, evidence)
    module, assignment = now.module, now.assignment
    stop_merge(tx, now)
    module["verification_loops"] += 1
    _resume_work(tx, module, assignment)
    tx.emit("ChecksFailed", module=module["id"], commit=evidence["commit"][:12])
    _send_work_back(tx, module, assignment, evidence)
    return _evidence_result(now, evidence, [], False)


def _resume_work(tx: Transaction, module: Module, assignment: Assignment) -> None:
    """Record that the agent has to go on, and is to be asked again how it stands."""
    if module["status"] in ("assigned", "pending_verification"):
        module["status"] = assignment["status"] = "in_progress"
    tx.put(MODULE, module)
    poll_schedule.resume_polling(assignment, tx.at, poll_schedule.polling_times(current_settings(tx)))
    tx.put(ASSIGNMENT, assignment)


def _send_work_back(tx: Transaction, module: Module, assignment: Assignment, evidence: Evidence) -> None:
    if assignment["agent_type"] == AI:
        failures = [check for check in evidence["checks"] if check["exit_code"] != 0]
        subject = subjects.failed_subject(module, assignment["task_uuid"], module["verification_loops"])
        body = proof.failed_body(module, failures)
        post_message(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])


def _evidence_result(work: Work, evidence: Evidence, conflicts: list[str], all_complete: bool) -> CompleteResult:
    return {
        "module": work.module["id"],
        "passed": evidence["passed"],
        "complete": evidence["integrated"] is not None,
        "evidence": evidence,
        "conflicts": conflicts,
        "all_complete": all_complete,
    }
