"""Proof that a module is done: ATLAS itself runs its checks, on a fresh clone of exactly what would land."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from atlas.adapters.git import refs
from atlas.adapters.system import file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.rows import CONFLICT, PASSED, evidence_contents
from atlas.core.records.team import AI
from atlas.core.rules.completion import proof_outcome
from atlas.services.integration.branch import locate_branch, require_not_checked_out
from atlas.services.integration.landing import Candidate, Conflict, make_merge, merge_candidate
from atlas.services.project.operation import carry_out
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import lock_path, workspace_folder

from .completion import Completion, hold_landing
from .conditions import Conditions, read_conditions
from .outcome import record_passed, record_returned, record_waiting
from .readiness import Ready, require_ready
from .receipts import merge_message
from .reviews import drop_checkout
from .running import Subject, run_checks
from .settling import settle_held, settle_landing
from .standing import broken_checks
from .work import Work, read_words

if TYPE_CHECKING:
    from atlas.core.records.rows import EvidenceContents
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.proof import CompleteResult, VerifyResult
    from atlas.services.project.context import Context


class Demand(NamedTuple):
    """How a module is to be proven: what is said in the place of checks, of a commit and of conditions, None: nothing;
    how many seconds a check may take, None: as the settings say; `fresh`: no earlier result counts.
    """

    reason: str | None = None
    no_commit: str | None = None
    override: str | None = None
    seconds: float | None = None
    fresh: bool = False


def verify_module(context: Context, module_id: str, demand: Demand) -> VerifyResult:
    """Prove a module as `complete_module` does, and leave it there: what passed is not landed."""
    settle_landing(context, module_id)
    with _proven(context, module_id, demand) as proof:
        passed = proof.candidate is not None and proof.evidence["passed"]
        record = record_passed if passed else record_returned
        result = context.transact("verify", lambda tx, actor: record(tx, actor, proof.work, proof.evidence))
    return cast("VerifyResult", {**result, "untracked": proof.untracked})


def complete_module(context: Context, module_id: str, demand: Demand) -> CompleteResult:
    """Merge the module's commit with the integration branch, run its checks on a fresh clone of that, and land it.

    When all pass, exactly what was checked becomes the tip of the integration branch, and the module is complete. When
    the merge conflicts or a check does not pass, that is recorded and the module goes back to its agent. A module
    without checks needs a `reason`, work without a commit the word of the lead that none is needed (`no_commit`); an
    `override` is a person's word in the place of any condition, and never in that of a check.
    Raises AtlasError when nobody has the module, a condition is not met, something in its folder is not as it should
    be, or the module changed meanwhile: nothing was changed then. Raises OperationFailed when it could not be landed.
    """
    settled = settle_landing(context, module_id)
    if settled is not None:
        return settled
    with _proven(context, module_id, demand, lands=True) as proof:
        result = _land_proof(context, proof)
    return {**result, "untracked": proof.untracked}


class _Proof(NamedTuple):
    """A proof: the work as it was when it began, what would land (None: it conflicts), and what ATLAS saw."""

    work: Work
    candidate: Candidate | None
    evidence: EvidenceContents
    untracked: list[str]


@contextlib.contextmanager
def _proven(context: Context, module_id: str, demand: Demand, lands: bool = False) -> Iterator[_Proof]:
    """Prove a module, and let nobody else take its workspace away until what came of it is recorded."""
    words = read_words(demand.reason, demand.no_commit, demand.override)
    form = ("complete" if lands else "verify") + ("-override" if words.override else "")
    work, conditions = context.read(
        form, lambda tx, actor: (Work(tx, actor, module_id, words), read_conditions(tx, demand.seconds, demand.fresh))
    )
    with _hold_workspace(context, work.workspace):
        ready = _require_ready(context, work)
        tip = locate_branch(context.project.root, work.workflow)
        if lands:
            require_not_checked_out(context.project.root, tip.branch)
        with hold_landing(context.project) if lands else contextlib.nullcontext():
            if lands:
                settle_held(context)  # whoever held it before may have died with it
                work.workflow = context.look(executing_workflow)
            yield _prove_commit(context, work, ready, conditions)


@contextlib.contextmanager
def _hold_workspace(context: Context, workspace: Workspace | None) -> Iterator[None]:
    if workspace is None:
        yield
    else:
        with file_lock.hold_lock(lock_path(context.project, workspace["name"]), f"workspace {workspace['name']}"):
            yield


def _prove_commit(context: Context, work: Work, ready: Ready, conditions: Conditions) -> _Proof:
    root, workspace = context.project.root, work.workspace
    tip = locate_branch(root, work.workflow)
    about = {"commit": ready.commit, "base": tip.commit, **work.words._asdict()}
    try:
        candidate = merge_candidate(root, tip, ready.commit)
    except Conflict as conflict:
        files = conflict.files
        evidence = evidence_contents(**about, tree=None, outcome=CONFLICT, checks=[], conflicts=files)
        return _Proof(work, None, evidence, ready.untracked)
    trial = make_merge(root, candidate, f"Proof of {work.module['id']}\n")
    folder = workspace_folder(context.project, workspace) if workspace else None
    subject = Subject(candidate, trial, work.module["checks"], folder)
    checks = run_checks(context, subject, conditions)
    if proof_outcome(checks) == PASSED:
        checks += broken_checks(context, subject, conditions)
    outcome = proof_outcome(checks)
    evidence = evidence_contents(**about, tree=candidate.tree, outcome=outcome, checks=checks, conflicts=[])
    return _Proof(work, candidate, evidence, ready.untracked)


def _require_ready(context: Context, work: Work) -> Ready:
    """The commit that is to be proven.

    Raises AtlasError when something in its folder is not as it should be, or when an AI agent committed nothing there
    and nobody says that nothing was needed.
    """
    workspace, root = work.workspace, context.project.root
    if workspace is None:
        return require_ready(context.project, None)
    ready = require_ready(context.project, workspace)
    if work.assignment["agent_type"] != AI or work.words.no_commit or work.words.override:
        return ready
    base = workspace["base_commit"]
    if ready.commit == base or refs.contains_commit(root, base, ready.commit):
        raise AtlasError(
            f"{work.module['id']} cannot be completed: {work.assignment['agent']} committed nothing in "
            f"{workspace['path']}: let it commit its work, or say with --no-commit TEXT why none is needed"
        )
    return ready


def _land_proof(context: Context, proof: _Proof) -> CompleteResult:
    work, evidence = proof.work, proof.evidence
    if proof.candidate is None or not evidence["passed"]:
        return context.transact("complete", lambda tx, actor: record_returned(tx, actor, work, evidence))
    waiting = context.transact("complete", lambda tx, actor: record_waiting(tx, actor, work, evidence))
    if waiting is not None:
        return waiting
    merged = make_merge(context.project.root, proof.candidate, merge_message(work, evidence), signed=True)
    landed = carry_out(context, Completion(context, work, evidence, proof.candidate, merged))
    drop_checkout(context.project, work.module["id"])
    return landed
