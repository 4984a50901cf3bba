"""Completion bound to evidence: ATLAS runs a module's checks itself, on a recorded commit."""

from __future__ import annotations

from typing import Any

from atlas.adapters import checks
from atlas.adapters.store.transaction import Transaction
from atlas.core import wording
from atlas.core.errors import AtlasError
from atlas.core.model import ASSIGNMENT, MODULE, Assignment, Evidence, Module
from atlas.core.policy.roles import Actor

from .assignments import live_assignment
from .context import Context, executing
from .messages import post
from .workflow import require_clean, settle

Result = dict[str, Any]


def complete(context: Context, module_id: str, reason: str | None = None, limit: float = 600) -> Result:
    """Run the module's checks, `limit` seconds each, and record what came of them.

    When all pass, on a commit that stayed checked out and clean, the module is complete; when not, it goes back to its
    agent. A module without checks needs a `reason`, which is recorded in their place.
    Raises AtlasError when nobody has the module, the project is not clean, or the module changed meanwhile.
    """
    module, assignment = context.look("complete", lambda tx, actor: _completable(tx, module_id, reason))
    folder = context.project.root
    commit = require_clean(folder)
    ran = [checks.run(command, folder, limit) for command in module["checks"]]
    if require_clean(folder, untracked=False) != commit:
        raise AtlasError(f"another commit was checked out in {folder} while the checks ran: run this again")
    passed = all(check["exit_code"] == 0 for check in ran)

    def run(tx: Transaction, actor: Actor) -> Result:
        now, held = _completable(tx, module_id, reason)
        if (now["checks"], held["task_uuid"]) != (module["checks"], assignment["task_uuid"]):
            raise AtlasError(f"{module_id} was changed while its checks ran: run this again")
        evidence: Evidence = {"commit": commit, "at": tx.at, "passed": passed, "reason": reason, "checks": ran}
        now["evidence"].append(evidence)
        all_complete = _close(tx, now, held) if passed else _send_back(tx, now, held, evidence)
        return {"module": module_id, "passed": passed, "evidence": evidence, "all_complete": all_complete}

    return context.act("complete", run)


def _completable(tx: Transaction, module_id: str, reason: str | None) -> tuple[Module, Assignment]:
    executing(tx)
    module, assignment = live_assignment(tx, module_id)
    if not module["checks"] and not (reason and reason.strip()):
        raise AtlasError(f"{module_id} has no checks: say with --reason TEXT how it was found to be done")
    return module, assignment


def _close(tx: Transaction, module: Module, assignment: Assignment) -> bool:
    waiting = tx.patch(MODULE, module, status="pending_verification")
    tx.patch(MODULE, waiting, status="complete", task_uuid=None)
    tx.patch(ASSIGNMENT, assignment, status="complete", ended_at=tx.at)
    return settle(tx, executing(tx), "complete")


def _send_back(tx: Transaction, module: Module, assignment: Assignment, evidence: Evidence) -> bool:
    module["verification_loops"] += 1
    if module["status"] in ("assigned", "pending_verification"):
        module["status"] = assignment["status"] = "in_progress"
    tx.put(MODULE, module)
    tx.put(ASSIGNMENT, assignment)
    if assignment["agent_type"] == "ai":
        failures = [
            f"{check['command']}: exit code {check['exit_code']}"
            for check in evidence["checks"]
            if check["exit_code"] != 0
        ]
        subject = wording.failed_subject(module, assignment["task_uuid"], module["verification_loops"])
        body = wording.failed_body(module, failures)
        post(tx, assignment["agent"], subject, body, priority="high", task_uuid=assignment["task_uuid"])
    return False
