"""Completion bound to evidence: ATLAS runs a module's checks itself, on a commit that it then integrates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import checks, file_lock
from atlas.core import text
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.letters import proof, subjects
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import ASSIGNMENT, MODULE, WORKFLOW, WORKSPACE
from atlas.core.records.plan import Check, Evidence, Module, new_evidence
from atlas.core.records.team import AI
from atlas.core.records.workspace import IN_USE, Workspace
from atlas.core.results.proof import CompleteResult
from atlas.services.assignments.assignments import live_assignment
from atlas.services.integration import branch as integration
from atlas.services.integration import landing
from atlas.services.messages.mailbox import post
from atlas.services.project.context import Context
from atlas.services.project.phases import executing, require_clean, settle
from atlas.services.project.settings import current
from atlas.services.project.workspace_paths import lock_path, workspace_folder, workspace_of_task

_LONGEST_REASON = 4000


class _Work:
    """What is to be completed, as it was when the checks began: the module, who has it, and where it was done."""

    def __init__(self, tx: Transaction, module_id: str, reason: str | None) -> None:
        """Raises AtlasError when it cannot be completed."""
        executing(tx)
        self.module, self.assignment = live_assignment(tx, module_id)
        self.workspace = workspace_of_task(tx, self.assignment["task_uuid"])
        if not self.module["checks"] and not reason:
            raise AtlasError(f"{module_id} has no checks: say with --reason TEXT how it was found to be done")
        if self.workspace is not None and self.workspace["status"] not in IN_USE:
            raise AtlasError(
                f"workspace {self.workspace['name']} is {self.workspace['status']}: give {module_id} to "
                f"{self.assignment['agent']} again with `atlas assign`"
            )

    def require_same(self, now: _Work) -> None:
        """Raise AtlasError when the module was changed, or given to somebody else, meanwhile."""
        if (now.module["checks"], now.assignment["task_uuid"]) != (self.module["checks"], self.assignment["task_uuid"]):
            raise AtlasError(f"{self.module['id']} was changed while its checks ran: run this again")


def complete(context: Context, module_id: str, reason: str | None = None, limit: float = 600) -> CompleteResult:
    """Run the module's checks, `limit` seconds each, where it was worked on, and record what came of them.

    When all pass, on a commit that stayed checked out and clean, that commit is merged into the integration branch and
    the module is complete; when one fails, it goes back to its agent; when the merge conflicts, it waits until that is
    resolved. A module without checks needs a `reason`, which is recorded in their place.
    Raises AtlasError when nobody has the module, its tree is not clean, or the module changed meanwhile.
    """
    reason = (reason or "").strip() or None
    if reason and len(reason) > _LONGEST_REASON:
        raise AtlasError(f"the reason has {len(reason)} characters: at most {_LONGEST_REASON}, put more into a file")
    work = context.read("complete", lambda tx, actor: _Work(tx, module_id, reason))
    with _held(context, work.workspace):
        commit, ran = _check(context, work, limit)
        passed = all(check["exit_code"] == 0 for check in ran)
        evidence = new_evidence(commit=commit, passed=passed, reason=reason, checks=ran)
        if not evidence["passed"]:
            return context.transact("complete", lambda tx, actor: _failed(tx, work, evidence))
        context.transact("complete", lambda tx, actor: _begin_merge(tx, work, reason))
        try:
            title = f"Merge {module_id}: {text.one_line(work.module['name'], 60)}"
            evidence["integrated"] = landing.integrate(context, "complete", commit, title)
        except landing.Conflict as conflict:
            files = conflict.files
            return context.transact("complete", lambda tx, actor: _conflicting(tx, work, evidence, files))
        except BaseException:
            context.transact("complete", lambda tx, actor: _stop_merge(tx, work))
            raise
        return context.transact("complete", lambda tx, actor: _complete(tx, work, evidence))


@contextlib.contextmanager
def _held(context: Context, workspace: Workspace | None) -> Iterator[None]:
    if workspace is None:
        yield
    else:
        with file_lock.hold_lock(lock_path(context.project, workspace["name"]), f"workspace {workspace['name']}"):
            yield


def _check(context: Context, work: _Work, limit: float) -> tuple[str, list[Check]]:
    """The commit, and how the checks ran on it."""
    folder = workspace_folder(context.project, work.workspace) if work.workspace else context.project.root
    commit = require_clean(folder)
    ran = [checks.run(command, folder, limit) for command in work.module["checks"]]
    if require_clean(folder, untracked=False) != commit:
        raise AtlasError(f"another commit was checked out in {folder} while the checks ran: run this again")
    return commit, ran


# Transactions


def _now(tx: Transaction, work: _Work, evidence: Evidence) -> _Work:
    """The work as it is now, with the evidence recorded."""
    now = _Work(tx, work.module["id"], evidence["reason"])
    work.require_same(now)
    evidence["at"] = tx.at
    now.module["evidence"].append(evidence)
    return now


def _begin_merge(tx: Transaction, work: _Work, reason: str | None) -> None:
    now = _Work(tx, work.module["id"], reason)
    work.require_same(now)
    tx.patch(MODULE, now.module, status="pending_verification")
    tx.patch(ASSIGNMENT, now.assignment, status="reported")
    _mark(tx, now, "merging")


def _mark(tx: Transaction, work: _Work, status: str, **fields: Any) -> None:
    if work.workspace is not None:
        tx.patch(WORKSPACE, tx.need(WORKSPACE, work.workspace["name"]), status=status, **fields)


def _stop_merge(tx: Transaction, work: _Work) -> None:
    if work.workspace is not None and tx.need(WORKSPACE, work.workspace["name"])["status"] == "merging":
        _mark(tx, work, "ready")


def _complete(tx: Transaction, work: _Work, evidence: Evidence) -> CompleteResult:
    now = _now(tx, work, evidence)
    tx.patch(MODULE, now.module, status="complete", task_uuid=None)
    tx.patch(ASSIGNMENT, now.assignment, status="complete", ended_at=tx.at)
    _mark(tx, now, "merged", conflicts={})
    workflow = executing(tx)
    workflow["integration_commit"] = evidence["integrated"]
    tx.put(WORKFLOW, workflow)
    return _result(now, evidence, [], settle(tx, workflow, "complete"))


def _conflicting(tx: Transaction, work: _Work, evidence: Evidence, files: list[str]) -> CompleteResult:
    now = _now(tx, work, evidence)
    _stop_merge(tx, now)
    _resume(tx, now.module, now.assignment)
    branch = integration.branch_of(executing(tx))
    if now.assignment["agent_type"] == AI:
        subject = subjects.failed_subject(now.module, now.assignment["task_uuid"], now.module["verification_loops"] + 1)
        body = proof.conflict_body(now.module, branch, files)
        post(tx, now.assignment["agent"], subject, body, priority="high", task_uuid=now.assignment["task_uuid"])
    return {**_result(now, evidence, files, False), "integration_branch": branch}


def _failed(tx: Transaction, work: _Work, evidence: Evidence) -> CompleteResult:
    now = _now(tx, work, evidence)
    module, assignment = now.module, now.assignment
    _stop_merge(tx, now)
    module["verification_loops"] += 1
    _resume(tx, module, assignment)
    _send_back(tx, module, assignment, evidence)
    return _result(now, evidence, [], False)


def _resume(tx: Transaction, module: Module, assignment: Assignment) -> None:
    """Record that the agent has to go on, and is to be asked again how it stands."""
    if module["status"] in ("assigned", "pending_verification"):
        module["status"] = assignment["status"] = "in_progress"
    tx.put(MODULE, module)
    poll_schedule.resumed(assignment, tx.at, poll_schedule.times_of(current(tx)))
    tx.put(ASSIGNMENT, assignment)


def _send_back(tx: Transaction, module: Module, assignment: Assignment, evidence: Evidence) -> None:
    if assignment["agent_type"] == AI:
        failures = [check for check in evidence["checks"] if check["exit_code"] != 0]
        subject = subjects.failed_subject(module, assignment["task_uuid"], module["verification_loops"])
        body = proof.failed_body(module, failures)
        post(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])


def _result(work: _Work, evidence: Evidence, conflicts: list[str], all_complete: bool) -> CompleteResult:
    return {
        "module": work.module["id"],
        "passed": evidence["passed"],
        "complete": evidence["integrated"] is not None,
        "evidence": evidence,
        "conflicts": conflicts,
        "all_complete": all_complete,
    }
