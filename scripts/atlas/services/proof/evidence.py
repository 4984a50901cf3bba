"""Completion bound to evidence: ATLAS runs a module's checks itself, on a commit that it then integrates."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.adapters.git import refs
from atlas.adapters.system import checks, file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.rows import evidence_contents
from atlas.core.records.team import AI
from atlas.core.rules.check_environment import checks_environment
from atlas.services.integration.branch import locate_branch
from atlas.services.integration.landing import require_landable
from atlas.services.project.operation import carry_out
from atlas.services.project.phases import require_clean_folder
from atlas.services.project.settings import check_limits, current_settings
from atlas.services.project.workspace_paths import lock_path, workspace_folder

from .completion import Completion, hold_landing
from .outcome import record_failed
from .settling import settle_landing
from .work import Work, read_words

if TYPE_CHECKING:
    from atlas.core.records.rows import Check, CheckRun, EvidenceContents
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.proof import CompleteResult
    from atlas.services.project.context import Context


def complete_module(
    context: Context,
    module_id: str,
    reason: str | None = None,
    limit: float | None = None,
    *,
    no_commit: str | None = None,
    override: str | None = None,
) -> CompleteResult:
    """Run the module's checks where it was worked on, and record what came of them.

    `limit` is the time limit of each in seconds, where it is not to be the one of the settings.
    When all pass, on a commit that stayed checked out and clean, that commit is merged into the integration branch and
    the module is complete; when one fails, it goes back to its agent; when the merge conflicts, it waits until that is
    resolved. A module without checks needs a `reason`, work without a commit the word of the lead that none is needed
    (`no_commit`); an `override` is a person's word in the place of any condition, and never in that of a check.
    Raises AtlasError when nobody has the module, a condition is not met, its tree is not clean, or the module changed
    meanwhile: nothing was changed then. Raises OperationFailed when it could not be merged.
    """
    words = read_words(reason, no_commit, override)
    settled = settle_landing(context, module_id)
    if settled is not None:
        return settled
    form = "complete-override" if words.override else "complete"
    work = context.read(form, lambda tx, actor: Work(tx, actor, module_id, words))
    with _hold_workspace(context, work.workspace):
        evidence = _run_checks(context, work, limit)
        if not evidence["passed"]:
            return context.transact("complete", lambda tx, actor: record_failed(tx, actor, work, evidence))
        root = context.project.root
        require_landable(root, locate_branch(root, work.workflow), evidence["commit"])
        with hold_landing(context.project):
            return carry_out(context, Completion(context, work, evidence))


@contextlib.contextmanager
def _hold_workspace(context: Context, workspace: Workspace | None) -> Iterator[None]:
    if workspace is None:
        yield
    else:
        with file_lock.hold_lock(lock_path(context.project, workspace["name"]), f"workspace {workspace['name']}"):
            yield


def _run_checks(context: Context, work: Work, limit: float | None) -> EvidenceContents:
    """How the checks ran, and on which commit. Raises AtlasError when there is no work, or it did not stay the same."""
    folder = workspace_folder(context.project, work.workspace) if work.workspace else context.project.root
    commit = require_clean_folder(folder)
    _require_commit(context, work, commit)
    settings = context.read("complete", lambda tx, actor: current_settings(tx))
    limits, environment = check_limits(settings, limit), checks_environment(os.environ, settings["checks_env"])
    ran = [_check_of(checks.run_check(one, folder, limits, environment, folder)) for one in work.module["checks"]]
    if require_clean_folder(folder, untracked=False) != commit:
        raise AtlasError(f"another commit was checked out in {folder} while the checks ran: run this again")
    passed = all(check["exit_code"] == 0 for check in ran)
    return evidence_contents(commit=commit, passed=passed, checks=ran, **work.words._asdict())


def _check_of(ran: CheckRun) -> Check:
    """What is kept of a command that ran."""
    return {
        "command": ran["command"],
        "exit_code": ran["exit_code"],
        "seconds": ran["seconds"],
        "output_tail": ran["output_tail"],
    }


def _require_commit(context: Context, work: Work, commit: str) -> None:
    """Raise AtlasError when an AI agent committed nothing in its workspace, and nobody says that nothing was needed."""
    workspace, root = work.workspace, context.project.root
    if work.assignment["agent_type"] != AI or workspace is None or work.words.no_commit or work.words.override:
        return
    if commit == workspace["base_commit"] or refs.contains_commit(root, workspace["base_commit"], commit):
        raise AtlasError(
            f"{work.module['id']} cannot be completed: {work.assignment['agent']} committed nothing in "
            f"{workspace['path']}: let it commit its work, or say with --no-commit TEXT why none is needed"
        )
