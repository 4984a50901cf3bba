"""The operation that merges a checked commit and completes its module."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.system import file_lock
from atlas.core import text
from atlas.core.records.kinds import LANDING
from atlas.core.records.plan import new_landing
from atlas.core.rules.roles import ATLAS_ITSELF
from atlas.services.integration import landing
from atlas.services.project.operation import Operation

from .outcome import mark_workspace, put_evidence, record_complete, record_conflict, stop_landing
from .work import Work

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.paths import Project
    from atlas.core.records.rows import EvidenceContents
    from atlas.core.results.proof import CompleteResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_PATIENCE = 60.0
"""Seconds that a completion waits for others: a merge takes far less, in large repositories too."""


class Merged(NamedTuple):
    """A commit of the integration branch that has the work, or else the files in which it conflicts."""

    commit: str | None
    conflicts: list[str]


class Completion(Operation[Work, Merged, "CompleteResult"]):
    """Merges the commit on which a module's checks passed, and completes the module."""

    verb = "complete"

    def __init__(self, context: Context, checked: Work, evidence: EvidenceContents) -> None:
        """`checked` is the work as it was when its checks began; `evidence` is how they ran."""
        self._context, self._checked, self._evidence = context, checked, evidence

    def intend(self, tx: Transaction, actor: Actor) -> Work:
        """Decide again that the module may be completed, and record what ATLAS saw and that its commit is merged."""
        work, evidence = self._checked.again(tx, actor), self._evidence
        module_id, task_uuid = work.module["id"], work.assignment["task_uuid"]
        row = put_evidence(tx, module_id, evidence)
        mark_workspace(tx, work.workspace, "merging")
        tx.emit("ChecksPassed", module=module_id, commit=evidence["commit"][:12])
        tx.emit("MergeBegun", module=module_id)
        commit = evidence["commit"]
        tx.put(LANDING, new_landing(id=module_id, task_uuid=task_uuid, commit=commit, evidence=row, at=tx.at))
        return work

    def act(self, intent: Work) -> Merged:
        """Merge it, with nothing that is checked out touched."""
        title = f"Merge {intent.module['id']}: {text.one_line(intent.module['name'], 60)}"
        try:
            return Merged(
                landing.integrate_commit(self._context.project.root, intent.workflow, self._evidence["commit"], title),
                [],
            )
        except landing.Conflict as conflict:
            return Merged(None, conflict.files)

    def conclude(self, tx: Transaction, actor: Actor, intent: Work, effect: Merged) -> CompleteResult:
        """Record that the module is complete, or that its work conflicts."""
        if effect.commit is None:
            return record_conflict(tx, intent.module["id"], effect.conflicts)
        return record_complete(tx, intent.module["id"], effect.commit)

    def take_back(self, intent: Work, error: BaseException) -> str:
        """Leave the evidence, and note that nothing is being merged any more."""
        self._context.transact("settle", lambda tx, actor: stop_landing(tx, intent.module["id"]), actor=ATLAS_ITSELF)
        return f"its checks passed, which is recorded, and {intent.module['id']} is as it was before"


@contextlib.contextmanager
def hold_landing(project: Project, patience: float = _PATIENCE) -> Iterator[None]:
    """Hold the lock under which commits are merged into the integration branch, one at a time.

    Raises AtlasError when another process keeps it for longer than `patience` seconds.
    """
    with file_lock.hold_lock(_landing_lock(project), "the integration branch", patience):
        yield


def is_landing_free(project: Project) -> bool:
    """Whether nothing is being merged into the integration branch now."""
    return file_lock.is_free(_landing_lock(project))


def _landing_lock(project: Project) -> str:
    return os.path.join(project.private, "landing.lock")
