"""Checking everything, and mending what can be mended without deleting anything of value."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from atlas.adapters.store import leftovers
from atlas.adapters.store import repair as mending
from atlas.adapters.store.exclude import exclude_from_commits, missing_patterns
from atlas.adapters.store.lock import exclusive
from atlas.adapters.store.recovery import recover
from atlas.adapters.store.survey import Cut, Survey, cut
from atlas.adapters.system import environment_maker
from atlas.core.errors import AtlasError, NewerStateError
from atlas.core.paths import EXEC_FILE, Project, find_project, workspace_around
from atlas.core.results.doctor import DoctorResult, Finding
from atlas.core.rules import roles
from atlas.services.projections import exec_file, projections

from . import enforcement, messages, workspaces
from . import live as doctor_live
from .environment import environment
from .findings import ok, problem, warning
from .scene import Opener
from .state import state


def doctor(
    folder: str, session: str | None, open_context: Opener, repair: bool = False, live: bool = False
) -> DoctorResult:
    """Check the environment and the state of the project that `folder` is in, after mending it if `repair` is set.

    With `live` also try whether the hooks hold. Returns the findings and what was mended. Without `repair` nothing is
    changed, and whatever state there is can be looked at. `open_context` makes the contexts for both. Raises AtlasError
    when a worker wants to repair, or a newer ATLAS wrote what is to be repaired.
    """
    findings = [*environment()]
    mended: list[str] = []
    try:
        project = find_project(folder)
    except AtlasError as error:
        findings.append(warning("project", str(error), "run this inside a project"))
    else:
        if repair:
            _repair(project, folder, session, open_context, mended.append)
        findings += _examine(project)
    if live:
        findings += doctor_live.live(folder, open_context)
    levels = [finding["level"] for finding in findings]
    return {
        "findings": findings,
        "mended": mended,
        "problems": levels.count("problem"),
        "warnings": levels.count("warning"),
    }


def _examine(project: Project) -> Iterator[Finding]:
    try:
        seen = cut(project)
        if seen.exists:
            survey, complete = Survey(project, seen), environment_maker.state().status == "ready"
            yield from state(project, survey, complete)
            if complete:
                tx = survey.best().transaction()
                yield from workspaces.findings(project, tx)
                yield from enforcement.findings(project, tx)
                yield from messages.findings(tx)
        else:
            yield ok("project", f"{project.root} has no orchestration yet")
    except NewerStateError as error:
        yield problem("state", str(error), "update the plugin; until then nothing is touched")
    except OSError as error:
        yield problem("state", f"{error.filename}: {error.strerror}", "make it a file or folder that you can read")


def _repair(
    project: Project, folder: str, session: str | None, open_context: Opener, notice: Callable[[str], None]
) -> None:
    if not Cut(project).exists:
        return
    _repair_state(project, folder, session, notice)
    workspaces.repair(open_context(folder, session, notice), notice)


def _repair_state(project: Project, folder: str, session: str | None, notice: Callable[[str], None]) -> None:
    with exclusive(project.private):
        survey = Survey(project, Cut(project))
        place = workspace_around(project.root, folder)
        actor = roles.derive(survey.best().transaction(), session, place)
        roles.require(actor, "repair")
        if not survey.intact:
            mending.begin_anew(survey, actor, exec_file.view, projections.update, notice)
        elif not _whole(survey.cut):
            recover(project, exec_file.view, projections.update, notice)
            notice(f"tables and gate show change {survey.replay.seq} of the history, its last")
        leftovers.remove_leftovers(project, notice)
        leftovers.make_private(project, notice)
        if missing_patterns(project.common):
            exclude_from_commits(project.common)
            notice("git's info/exclude names the files of ATLAS again")


def _whole(seen: Cut) -> bool:
    gate = seen.gate
    return (
        gate is not None
        and seen.settled
        and all(seen.files[name] is not None for name in gate.files)
        and (EXEC_FILE not in gate.files or gate.matches(EXEC_FILE, seen.files[EXEC_FILE]))
    )
