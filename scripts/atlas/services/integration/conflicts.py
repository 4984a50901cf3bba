"""Conflicts while work goes on: every two live workspaces, and each with the integration branch, merged in memory.

What a pair of commits came to never changes, so it is kept in a cache and only pairs with a moved tip are merged. Who
was told of what stands in the workspaces' records, so a conflict is announced once when it appears and once when it is
gone, however often and from wherever this runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import TYPE_CHECKING, Any

from atlas.adapters.git import git, merge, snapshots
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW, WORKSPACE
from atlas.core.records.workspace import IN_USE, Workspace
from atlas.services.messages import discoveries
from atlas.services.project.phases import orchestration_workflow
from atlas.services.project.workspace_paths import workspace_folder

from .conflict_cache import LONGEST_LIST, Pair, merge_pairs

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.workspaces import ConflictsResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_TRIES = 8  # each needs another command to have announced conflicts, or given a workspace away, in these moments


def check_conflicts(context: Context) -> ConflictsResult:
    """Find the conflicts there are now, and tell the workers concerned of those that are new and those that are gone.

    Raises AtlasError when git cannot merge in memory (older than 2.38).
    """
    merge.require_merge_support()
    for _ in range(_TRIES):
        workspaces, branch = context.read("conflicts", _compared_workspaces)
        tips = _workspace_tips(context, workspaces, branch)
        names = {workspace["name"] for workspace in workspaces}
        pairs = [pair for pair in combinations(sorted(tips), 2) if not names.isdisjoint(pair)]
        found, merged = merge_pairs(context, pairs, tips)
        told = _tell_of_changes(context, workspaces, found, tips)
        if told is not None:
            break
    else:
        raise AtlasError("the workspaces keep changing while they are compared: try again")
    appeared, gone = told
    return {
        "workspaces": sorted(names & tips.keys()),
        "unreadable": sorted(names - tips.keys()),
        "pairs": len(pairs),
        "merged": merged,
        "conflicts": [{"between": list(pair), "files": files} for pair, files in found.items()],
        "appeared": [list(pair) for pair in appeared],
        "gone": [list(pair) for pair in gone],
    }


def _tell_of_changes(
    context: Context, workspaces: list[Workspace], found: Mapping[Pair, Any], tips: Mapping[str, str]
) -> tuple[list[Pair], list[Pair]] | None:
    """Tell the workers of what appeared and what is gone; None when another command did since the workspaces were
    looked at, or they have other owners: what was seen then may be older than what that command saw.
    """
    current = {pair: [conflict["path"] for conflict in files] for pair, files in found.items()}
    if not any(_changed_pairs(workspaces, current, tips)):
        return [], []

    def run(tx: Transaction, actor: Actor) -> tuple[list[Pair], list[Pair]] | None:
        if list(map(_standing, tx.where(WORKSPACE, status=IN_USE))) != list(map(_standing, workspaces)):
            return None
        return _announce_conflicts(tx, current, tips)

    return context.transact("conflicts", run)


def _standing(workspace: Workspace) -> tuple[Any, ...]:
    """Whose a workspace is, and what was told of it."""
    return workspace["name"], workspace["task_uuid"], workspace["conflicts"]


def refresh_conflicts(context: Context) -> str | None:
    """`check_conflicts`, in passing: where there are workspaces, and without ever failing. Returns why it could not be
    done."""
    try:
        if context.read("conflicts", _compared_workspaces)[0]:
            check_conflicts(context)
    except (AtlasError, OSError) as error:
        return str(error)
    return None


def _compared_workspaces(tx: Transaction, actor: Actor) -> tuple[list[Workspace], str | None]:
    orchestration_workflow(tx)
    workflow = tx.only(WORKFLOW)
    live = tx.where(WORKSPACE, status=IN_USE)
    return live, workflow["integration_branch"] if workflow else None


def _workspace_tips(context: Context, workspaces: list[Workspace], branch: str | None) -> dict[str, str]:
    """The commit of every workspace that can be read, uncommitted work included, and that of the integration branch."""

    def tip(workspace: Workspace) -> str | None:
        try:
            return snapshots.snapshot_worktree(workspace_folder(context.project, workspace))
        except (AtlasError, OSError):
            return None

    with ThreadPoolExecutor() as pool:
        found = zip(workspaces, pool.map(tip, workspaces), strict=True)
        tips = {workspace["name"]: commit for workspace, commit in found if commit is not None}
    if branch is not None:
        with contextlib.suppress(AtlasError):
            tips[branch] = git.run_git(context.project.root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
    return tips


def _changed_pairs(
    workspaces: list[Workspace], current: Mapping[Pair, list[str]], tips: Mapping[str, str]
) -> tuple[list[Pair], list[Pair]]:
    """The pairs whose conflict is not in the records yet, and those in the records whose conflict is gone.

    Of a workspace that could not be read nothing is known, so nothing is said to be gone.
    """
    recorded = {
        _new_pair(workspace["name"], other)
        for workspace in workspaces
        for other in workspace["conflicts"]
        if workspace["name"] in tips and other in tips
    }
    return sorted(current.keys() - recorded), sorted(recorded - current.keys())


def _new_pair(one: str, two: str) -> Pair:
    return (one, two) if one < two else (two, one)


def _announce_conflicts(
    tx: Transaction, current: Mapping[Pair, list[str]], tips: Mapping[str, str]
) -> tuple[list[Pair], list[Pair]]:
    """Bring the records up to date and tell both workers."""
    workspaces = {w["name"]: w for w in tx.where(WORKSPACE, status=IN_USE)}
    appeared, gone = _changed_pairs(list(workspaces.values()), current, tips)
    for pair in (*appeared, *gone):
        for name, other in (pair, pair[::-1]):
            if name in workspaces:
                record = tx.need(WORKSPACE, name)
                rest = {key: files for key, files in record["conflicts"].items() if key != other}
                tx.patch(WORKSPACE, record, conflicts={**rest, **({other: current[pair]} if pair in current else {})})
        tx.emit("ConflictFound" if pair in current else "ConflictGone", between=pair)
        concerned = [workspaces[name] for name in pair if name in workspaces]
        discoveries.tell_workspaces(tx, concerned, _conflict_text(pair, current.get(pair)))
    return appeared, gone


def _conflict_text(pair: Pair, files: list[str] | None) -> str:
    if files is None:
        return f"The conflict between {pair[0]} and {pair[1]} is gone."
    more = f" and {len(files) - LONGEST_LIST} more" if len(files) > LONGEST_LIST else ""
    return f"{pair[0]} and {pair[1]} would conflict in: {', '.join(files[:LONGEST_LIST])}{more}"
