"""The operation that lands what was checked, and completes its module."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.adapters.system import file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import LANDING
from atlas.core.records.plan import new_landing
from atlas.core.rules.completion import may_land, review_standing
from atlas.core.rules.roles import ATLAS_ITSELF
from atlas.services.integration.landing import land_merge
from atlas.services.project.operation import Operation

from .outcome import mark_workspace, put_evidence, record_complete, stop_landing
from .work import Work

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.paths import Project
    from atlas.core.records.rows import EvidenceContents
    from atlas.core.results.proof import CompleteResult
    from atlas.core.rules.roles import Actor
    from atlas.services.integration.landing import Candidate
    from atlas.services.project.context import Context

_PATIENCE = 3600.0
"""Seconds that a completion waits for those before it: their checks run meanwhile."""


class Completion(Operation[Work, str, "CompleteResult"]):
    """Moves the integration branch to the merge commit whose tree was checked, and completes the module."""

    verb = "complete"

    def __init__(
        self, context: Context, proven: Work, evidence: EvidenceContents, candidate: Candidate, merged: str
    ) -> None:
        """`proven` is the work as it was when its proof began; `merged` is the commit that has the candidate's tree."""
        self._context, self._proven, self._evidence = context, proven, evidence
        self._candidate, self._merged = candidate, merged

    def intend(self, tx: Transaction, actor: Actor) -> Work:
        """Decide again that the module may be completed, and record what ATLAS saw and to where the branch moves."""
        work, evidence = self._proven.again(tx, actor), self._evidence
        module_id, task_uuid = work.module["id"], work.assignment["task_uuid"]
        if not work.words.override and not may_land(review_standing(tx, work.module, evidence["commit"])):
            raise AtlasError(f"what was said of {module_id} in reviews changed while its checks ran: run this again")
        row = put_evidence(tx, module_id, evidence)
        mark_workspace(tx, work.workspace, "merging")
        commit = evidence["commit"]
        tx.emit("ChecksPassed", module=module_id, commit=commit[:12])
        tx.emit("MergeBegun", module=module_id)
        landing = new_landing(
            id=module_id, task_uuid=task_uuid, commit=commit, merge=self._merged, evidence=row, at=tx.at
        )
        tx.put(LANDING, landing)
        return work

    def act(self, intent: Work) -> str:
        """Move the branch, with nothing that is checked out touched."""
        land_merge(self._context.project.root, self._candidate.tip, self._merged)
        return self._merged

    def conclude(self, tx: Transaction, actor: Actor, intent: Work, effect: str) -> CompleteResult:
        """Record that the module is complete."""
        return record_complete(tx, intent.module["id"], effect)

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
