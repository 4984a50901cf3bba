"""The result of checking a module and completing it: what `complete` answers."""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.rows import EvidenceContents


class _AfterAConflict(TypedDict, total=False):
    integration_branch: str


class CompleteResult(_AfterAConflict):
    """What came of a module's checks, and of merging it when all of them passed.

    `conflicts` are the files that conflict with the `integration_branch`, which is named when there was a conflict.
    `all_complete` says that the orchestration is over.
    """

    module: str
    passed: bool
    complete: bool
    evidence: EvidenceContents
    conflicts: list[str]
    all_complete: bool
