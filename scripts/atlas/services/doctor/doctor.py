"""Checking everything, and mending what can be mended without deleting anything of value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from atlas.adapters.store import leftovers
from atlas.adapters.store import repair as mending
from atlas.adapters.store.lock import lock_store
from atlas.adapters.store.recovery import recover_state
from atlas.adapters.store.survey import Cut, Survey, take_cut
from atlas.adapters.system import environment_maker
from atlas.adapters.system.exclude import exclude_from_commits, missing_patterns
from atlas.core.errors import AtlasError, NewerStateError
from atlas.core.paths import EXEC_FILE, Project, find_project, workspace_around
from atlas.core.rules import roles
from atlas.services.projections import exec_file, projections

from . import clones, enforcement, messages, quarantine, workspaces
from . import live as doctor_live
from .environment import environment_findings
from .findings import ok, problem, warning
from .state import state_findings

if TYPE_CHECKING:
    from atlas.core.results.doctor import DoctorResult, Finding

    from .scene import Opener


def run_doctor(
    folder: str, session: str | None, open_context: Opener, repair: bool = False, live: bool = False
) -> DoctorResult:
    """Check the environment and the state of the project that `folder` is in, after mending it if `repair` is set.

    With `live` also try whether the hooks hold. Returns the findings and what was mended. Without `repair` nothing is
    changed, and whatever state there is can be looked at. `open_context` makes the contexts for both. Raises AtlasError
    when a worker wants to repair, or a newer ATLAS wrote what is to be repaired.
    """
    findings = [*environment_findings()]
    mended: list[str] = []
    try:
        project = find_project(folder)
    except AtlasError as error:
        findings.append(warning("project", str(error), "run this inside a project"))
    else:
        if repair:
            try:
                _repair_project(project, folder, session, open_context, mended.append)
            except (AtlasError, OSError) as error:
                if not mended:
                    raise
                findings.append(problem("repair", str(error), "mend that, then run `atlas doctor --repair` again"))
        findings += _examine_project(project)
    if live:
        findings += doctor_live.live_findings(folder, open_context)
    levels = [finding["level"] for finding in findings]
    return {
        "findings": findings,
        "mended": mended,
        "problems": levels.count("problem"),
        "warnings": levels.count("warning"),
    }


def _examine_project(project: Project) -> Iterator[Finding]:
    try:
        seen = take_cut(project)
        if seen.exists:
            survey, complete = Survey(project, seen), environment_maker.environment_state().status == "ready"
            yield from state_findings(project, survey, complete)
            if complete:
                tx = survey.best_state().transaction()
                yield from workspaces.workspace_findings(project, tx)
                yield from enforcement.enforcement_findings(project, tx)
                yield from messages.message_findings(tx)
                yield from quarantine.quarantine_findings(tx)
                yield from clones.clone_findings(project)
        else:
            yield ok("project", f"{project.root} has no orchestration yet")
    except NewerStateError as error:
        yield problem("state", str(error), "update the plugin; until then nothing is touched")
    except OSError as error:
        yield problem("state", f"{error.filename}: {error.strerror}", "make it a file or folder that you can read")


def _repair_project(
    project: Project, folder: str, session: str | None, open_context: Opener, notice: Callable[[str], None]
) -> None:
    if not Cut(project).exists:
        return
    _repair_state(project, folder, session, notice)
    workspaces.repair_workspaces(open_context(folder, session, notice), notice)


def _repair_state(project: Project, folder: str, session: str | None, notice: Callable[[str], None]) -> None:
    with lock_store(project.private):
        survey = Survey(project, Cut(project))
        workspace_path = workspace_around(project.root, folder)
        actor = roles.derive_actor(survey.best_state().transaction(), session, workspace_path)
        roles.require_permission(actor, "repair")
        if not survey.is_intact:
            mending.begin_new_history(survey, actor, exec_file.exec_file_bytes, projections.prepare_projections, notice)
        elif not _is_whole(survey.cut):
            recover_state(project, exec_file.exec_file_bytes, projections.prepare_projections, notice)
            notice(f"tables and gate show change {survey.replay.seq} of the history, its last")
        leftovers.remove_leftovers(project, notice)
        leftovers.make_private(project, notice)
        if missing_patterns(project.common):
            exclude_from_commits(project.common)
            notice("git's info/exclude names the files of ATLAS again")


def _is_whole(seen: Cut) -> bool:
    checkpoint = seen.checkpoint
    return (
        checkpoint is not None
        and seen.is_settled
        and all(seen.files[name] is not None for name in checkpoint.files)
        and (EXEC_FILE not in checkpoint.files or checkpoint.matches(EXEC_FILE, seen.files[EXEC_FILE]))
    )
