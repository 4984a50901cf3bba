"""Completion bound to evidence: ATLAS runs a module's checks itself, on a commit that it then integrates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.adapters.system import checks, file_lock
from atlas.core import text
from atlas.core.errors import AtlasError
from atlas.core.records.rows import Check, evidence_contents
from atlas.services.integration import landing
from atlas.services.project.phases import require_clean_folder
from atlas.services.project.workspace_paths import lock_path, workspace_folder

from .outcome import begin_merge, record_complete, record_conflict, record_failed, stop_merge
from .work import Work

if TYPE_CHECKING:
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.proof import CompleteResult
    from atlas.services.project.context import Context

_LONGEST_REASON = 4000


def complete_module(context: Context, module_id: str, reason: str | None = None, limit: float = 600) -> CompleteResult:
    """Run the module's checks, `limit` seconds each, where it was worked on, and record what came of them.

    When all pass, on a commit that stayed checked out and clean, that commit is merged into the integration branch and
    the module is complete; when one fails, it goes back to its agent; when the merge conflicts, it waits until that is
    resolved. A module without checks needs a `reason`, which is recorded in their place.
    Raises AtlasError when nobody has the module, its tree is not clean, or the module changed meanwhile.
    """
    reason = (reason or "").strip() or None
    if reason and len(reason) > _LONGEST_REASON:
        raise AtlasError(f"the reason has {len(reason)} characters: at most {_LONGEST_REASON}, put more into a file")
    work = context.read("complete", lambda tx, actor: Work(tx, module_id, reason))
    with _hold_workspace(context, work.workspace):
        commit, ran = _run_checks(context, work, limit)
        passed = all(check["exit_code"] == 0 for check in ran)
        evidence = evidence_contents(commit=commit, passed=passed, reason=reason, checks=ran)
        if not evidence["passed"]:
            return context.transact("complete", lambda tx, actor: record_failed(tx, work, evidence))
        context.transact("complete", lambda tx, actor: begin_merge(tx, work, reason))
        try:
            title = f"Merge {module_id}: {text.one_line(work.module['name'], 60)}"
            evidence["integrated"] = landing.integrate_commit(context, "complete", commit, title)
        except landing.Conflict as conflict:
            files = conflict.files
            return context.transact("complete", lambda tx, actor: record_conflict(tx, work, evidence, files))
        except BaseException:
            context.transact("complete", lambda tx, actor: stop_merge(tx, work))
            raise
        return context.transact("complete", lambda tx, actor: record_complete(tx, work, evidence))


@contextlib.contextmanager
def _hold_workspace(context: Context, workspace: Workspace | None) -> Iterator[None]:
    if workspace is None:
        yield
    else:
        with file_lock.hold_lock(lock_path(context.project, workspace["name"]), f"workspace {workspace['name']}"):
            yield


def _run_checks(context: Context, work: Work, limit: float) -> tuple[str, list[Check]]:
    """The commit, and how the checks ran on it."""
    folder = workspace_folder(context.project, work.workspace) if work.workspace else context.project.root
    commit = require_clean_folder(folder)
    ran = [checks.run_check(command, folder, limit) for command in work.module["checks"]]
    if require_clean_folder(folder, untracked=False) != commit:
        raise AtlasError(f"another commit was checked out in {folder} while the checks ran: run this again")
    return commit, ran
