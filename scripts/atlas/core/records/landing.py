"""The record of work that is being merged."""

from __future__ import annotations

from typing import TypedDict


class Landing(TypedDict):
    """That the checked commit of a module is being merged; while this is there, nothing else may change the module.

    `id` is the module's, `task_uuid` the assignment that it comes from, `evidence` the row of what was checked.
    """

    id: str
    task_uuid: str
    commit: str
    evidence: str
    at: str


def new_landing(*, id: str, task_uuid: str, commit: str, evidence: str, at: str) -> Landing:
    """A landing that has just begun."""
    return {"id": id, "task_uuid": task_uuid, "commit": commit, "evidence": evidence, "at": at}
