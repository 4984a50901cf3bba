"""Reviews of what an agent made of a module, bound to the commit whose checks passed."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from atlas.adapters.git import checkout_pool, git, refs
from atlas.adapters.system import scratch
from atlas.core.errors import AtlasError
from atlas.core.letters.proof import unmet_body
from atlas.core.records.kinds import EVIDENCE, REVIEW, SESSION
from atlas.core.records.rows import Finding, contents_of, new_review
from atlas.core.records.team import HUMAN
from atlas.core.rules import completion, roles
from atlas.core.rules.understanding import criteria_by_id
from atlas.core.text import one_line
from atlas.services.assignments.assignments import live_assignment
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import workspace_folder, workspace_of_task

from .outcome import send_back
from .review_words import Said, read_findings

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.paths import Project
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.records.rows import Evidence, ReviewContents
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.proof import Reviewed, ReviewShown, ReviewStanding
    from atlas.services.project.context import Context

REVIEWER = "reviewer"
"""By whom a review is that a subagent of the lead's recorded: however many it starts, they are one reviewer."""

_FORMS = {roles.PERSON: "review-in-person", roles.WORKER: "record-review", roles.LEAD: "review"}
"""As what each role records one; of the lead it is a subagent, by what a hook saw."""


class _Subject(NamedTuple):
    """What is to be reviewed, on one state: the module, who has it, where, and the evidence that its checks passed."""

    module: Module
    assignment: Assignment
    workspace: Workspace | None
    evidence: Evidence


def show_subject(context: Context, module_id: str) -> ReviewShown:
    """What is to be reviewed, with a checkout of it to look at, and the reviews that there are.

    Raises AtlasError when no commit of the module passed its checks, or the work went on since.
    """
    subject, (reviews, standing) = context.read(
        "review", lambda tx, actor: ((found := _read_subject(tx, module_id)), _read_reviews(tx, found))
    )
    _require_tip(context, subject)
    commit = subject.evidence["commit"]
    pool = _review_pool(context.project, module_id)
    with checkout_pool.hold_checkout(context.project.root, commit, pool) as checkout:
        folder = checkout.folder
    criteria = criteria_by_id(subject.module)
    return {
        "module": module_id,
        "commit": commit,
        "base": subject.evidence.get("base", ""),
        "folder": folder,
        "criteria": [{"id": name, "criterion": text} for name, text in criteria.items()],
        "reviews": reviews,
        "standing": standing,
    }


def _review_pool(project: Project, module_id: str) -> str:
    """Where the checkout of a module for reviewers lies: apart from those for proofs, which others take and renew."""
    return os.path.join(f"{checkout_pool.pool_folder(project.common, project.root)}-reviews", module_id)


def drop_checkout(project: Project, module_id: str) -> None:
    """Remove the checkout for reviewers of a module that has landed; what cannot be removed stays."""
    pool = _review_pool(project, module_id)
    if os.path.isdir(pool):
        with contextlib.suppress(OSError):
            scratch.remove(pool)


def record_review(context: Context, module_id: str, said: Said) -> Reviewed:
    """Record a review of a module's checked commit; one that finds a criterion unmet sends the module back.

    Raises AtlasError when there is no such commit, the caller worked on the module itself or leads, a criterion is
    missing, or a place does not exist in the commit.
    """
    role, subject = context.look(lambda tx: (context.actor(tx)["role"], _read_subject(tx, module_id)))
    _require_tip(context, subject)
    criteria = criteria_by_id(subject.module)
    findings = read_findings(context.project.root, subject.evidence["commit"], criteria, said)
    address = one_line(git.run_git(context.project.root, "config", "user.email", codes=(0, 1))) or roles.PERSON
    authors = _authors(context, subject) if role == roles.PERSON else set()

    def run(tx: Transaction, actor: roles.Actor) -> Reviewed:
        now = _read_subject(tx, module_id)
        if (now.evidence["commit"], criteria_by_id(now.module)) != (subject.evidence["commit"], criteria):
            raise AtlasError(f"{module_id} was changed or checked again meanwhile: look at it again, then review it")
        by, call = _reviewer(tx, actor, now, address, authors)
        return _store_review(tx, actor, now, by, call, findings, said.text)

    return context.transact(_FORMS[role], run)


def _read_subject(tx: Transaction, module_id: str) -> _Subject:
    executing_workflow(tx)
    module, assignment = live_assignment(tx, module_id)
    evidence = tx.last(EVIDENCE, module=module_id)
    if evidence is None or not evidence["passed"]:
        raise AtlasError(
            f"no commit of {module_id} has passed its checks, so there is nothing to review: verify it first, with "
            f"`atlas verify {module_id}`"
        )
    return _Subject(module, assignment, workspace_of_task(tx, assignment["task_uuid"]), evidence)


def _read_reviews(tx: Transaction, subject: _Subject) -> tuple[list[ReviewContents], ReviewStanding]:
    module, commit = subject.module, subject.evidence["commit"]
    found: Any = list(map(contents_of, completion.reviews_of(tx, module, commit)))
    return found, completion.review_standing(tx, module, commit)


def _require_tip(context: Context, subject: _Subject) -> None:
    """Raise AtlasError when the work went on since its checks passed."""
    workspace, name = subject.workspace, subject.module["id"]
    folder = workspace_folder(context.project, workspace) if workspace else context.project.root
    tip, commit = refs.head_commit(folder), subject.evidence["commit"]
    if tip != commit:
        raise AtlasError(
            f"the checks of {name} passed on {commit[:12]}, and its work is at {tip[:12]} now: verify it first, with "
            f"`atlas verify {name}`"
        )


def _authors(context: Context, subject: _Subject) -> set[str]:
    """Who wrote a person's work, by the addresses in its commits."""
    evidence = subject.evidence
    if subject.assignment["agent_type"] != HUMAN or "base" not in evidence:
        return set()
    span = f"{evidence['base']}..{evidence['commit']}"
    return set(git.run_git(context.project.root, "log", "--format=%ae", span, "--").splitlines())


def _reviewer(
    tx: Transaction, actor: roles.Actor, subject: _Subject, address: str, authors: set[str]
) -> tuple[str, str | None]:
    """Who reviews, and the call that a hook saw. Raises AtlasError for whoever may not."""
    name, agent = subject.module["id"], actor["agent"]
    if actor["role"] == roles.WORKER and agent is not None:
        if agent in completion.workers_on(tx, name):
            raise AtlasError(f"{agent} worked on {name} itself: another agent, or a person, is to review it")
        return agent, None
    if actor["role"] == roles.PERSON:
        if address in authors:
            raise AtlasError(f"{address} wrote commits of {name}: somebody else is to review it")
        return address, None
    session = tx.get(SESSION, actor["session"]) if actor["session"] else None
    seen = dict(session.get("review_calls", {})) if session is not None else {}
    if session is None or name not in seen:
        raise AtlasError(
            f"who leads does not review: start a subagent of the type atlas:reviewer with the prompt "
            f'"Review {name}: begin with `atlas review {name}`", whose call names {name} as it is'
        )
    call = seen.pop(name)
    tx.patch(SESSION, session, review_calls=seen)
    return REVIEWER, call["call"]


def _store_review(
    tx: Transaction,
    actor: roles.Actor,
    subject: _Subject,
    by: str,
    call: str | None,
    findings: list[Finding],
    text: str,
) -> Reviewed:
    module, assignment, commit = subject.module, subject.assignment, subject.evidence["commit"]
    before = completion.reviews_of(tx, module, commit)
    same = [one["round"] for one in before if (one["role"], one["by"]) == (actor["role"], by)]
    contents: ReviewContents = {
        "at": tx.at,
        "commit": commit,
        "by": by,
        "role": actor["role"],
        "call": call,
        "round": same[0] if same else len(before) + 1,
        "criteria": findings,
        "text": text,
    }
    review = new_review(task_uuid=assignment["task_uuid"], module=module["id"], seq=tx.seq + 1, contents=contents)
    tx.put(REVIEW, review)
    unmet = len(completion.unmet_criteria(review))
    met = len(findings) - unmet
    tx.emit("ModuleReviewed", module=module["id"], by=by, commit=commit[:12], met=met, unmet=unmet)
    if unmet:
        module["verification_loops"] += 1
        send_back(tx, module, assignment, unmet_body(module, [review]))
    standing = completion.review_standing(tx, module, commit)
    return {"module": module["id"], "passed": not unmet, "review": contents, "standing": standing}
