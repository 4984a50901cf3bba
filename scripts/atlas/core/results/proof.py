"""The result of proving a module and landing it: what `verify` and `complete` answer."""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.rows import EvidenceContents


class _NotPassed(TypedDict, total=False):
    integration_branch: str


class CompleteResult(_NotPassed):
    """What came of a module's proof, and of landing it when everything passed.

    `conflicts` are the files that conflict with the `integration_branch`, which is named when it did not pass.
    `all_complete` says that the orchestration is over.
    """

    module: str
    passed: bool
    complete: bool
    evidence: EvidenceContents
    conflicts: list[str]
    all_complete: bool
