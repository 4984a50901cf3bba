"""What the other agents claim: their modules' scope, the files they named, and those they changed."""

from __future__ import annotations

import contextlib

from atlas.adapters.git import git, tree_status
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import ASSIGNMENT, MODULE, REPETITION, WORKSPACE
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import roles
from atlas.core.rules.reach import is_occupied
from atlas.core.rules.understanding import Claim
from atlas.services.project.context import Context
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import workspace_folder


def changed_files(context: Context, own_module: str) -> dict[str, set[str]]:
    """For each other workspace in use what was changed in it, committed or not, so far as git can tell.

    It is looked up before the lock is held; `read_claims` says when there is a workspace by then that this lacks.
    """

    def others(tx: Transaction, actor: roles.Actor) -> tuple[list[Workspace], str | None]:
        found = [w for w in tx.all(WORKSPACE) if is_occupied(w) and w["module"] != own_module]
        return found, executing_workflow(tx)["integration_branch"]

    workspaces, branch = context.read("repeat", others)
    changed: dict[str, set[str]] = {}
    for workspace in workspaces:
        changed[_key(workspace)] = set()
        with contextlib.suppress(AtlasError, OSError):
            folder = workspace_folder(context.project, workspace)
            begun = git.run_git(folder, "merge-base", "HEAD", branch) if branch else workspace["base_commit"]
            changed[_key(workspace)] = tree_status.paths_changed_since(folder, begun)
    return changed


def _key(workspace: Workspace) -> str:
    """A workspace as it is one assignment's: for another one it is looked at again."""
    return f"{workspace['name']} {workspace['task_uuid']}"


def read_claims(tx: Transaction, own: Assignment, changed: dict[str, set[str]]) -> list[Claim] | None:
    """What the other live assignments claim: their module's scope, what they said, and what they changed.

    None when one of them has a workspace that `changed` lacks.
    """
    places = {w["task_uuid"]: _key(w) for w in tx.all(WORKSPACE) if is_occupied(w)}
    claims = []
    for other in tx.where(ASSIGNMENT, status=LIVE):
        if other["task_uuid"] in places and other["task_uuid"] != own["task_uuid"]:
            if places[other["task_uuid"]] not in changed:
                return None
            module = tx.need(MODULE, other["module"])
            files = _announced_files(tx, other) | changed.get(places[other["task_uuid"]], set())
            claims.append(Claim(other["agent"], module["id"], tuple(module["scope"]), files))
    return claims


def _announced_files(tx: Transaction, assignment: Assignment) -> frozenset[str]:
    """The files that an agent said it will touch, unless that was wrong."""
    verification = assignment["instruction_verification"]
    repetition = tx.get(REPETITION, verification["repetition"] or "")
    if repetition is None or verification["findings"] or verification["correction"]:
        return frozenset()
    return frozenset(repetition["files"])
