"""The doctor's look at a project's state: history, tables, records, the plan, leftovers, modes, git's view of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atlas.adapters.git import git
from atlas.adapters.store import leftovers, repair, replay, spool
from atlas.adapters.system.exclude import missing_patterns
from atlas.core.errors import AtlasError
from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project
from atlas.core.records.kinds import FILES, SESSION, STATE_VERSION, WORKFLOW
from atlas.core.records.plan import PLANNING
from atlas.core.rules import references
from atlas.services.plan.document import PlanDocument
from atlas.services.project.history_report import missing_changes

from .findings import REPAIR, count_things, ok, problem, warning

if TYPE_CHECKING:
    from atlas.adapters.store.replay import Replay
    from atlas.adapters.store.survey import Survey
    from atlas.core.results.doctor import Finding

_NEXT = f"the next command that needs it does so, or {REPAIR}"


def state_findings(project: Project, survey: Survey, complete: bool) -> Iterator[Finding]:
    """A finding for each part, or several where something is wrong.

    `complete` says whether ATLAS's packages are there: without them records and plan cannot be checked.
    """
    yield from _check_history(survey)
    yield from _check_checkpoint(survey)
    yield from _check_tables(survey)
    if complete:
        best = survey.best_state()
        yield from _check_unsaved(survey)
        yield from _check_records(best)
        yield from _check_plan(survey, best)
        yield from _check_spools(project, best)
    else:
        yield warning("records", "not checked: ATLAS's packages are missing", "atlas env --wait")
    yield from _check_leftovers(project, survey)
    yield from _check_modes(project)
    yield from _check_excludes(project, survey)


def _check_history(survey: Survey) -> Iterator[Finding]:
    if survey.torn:
        what = f"an unfinished change of {survey.torn} bytes stands at its end; nobody was told that it was done"
        yield warning("history", what, f"keep it aside: {_NEXT}")
    for fault in (*survey.faults, *missing_changes(survey)):
        yield problem("history", fault, f"{REPAIR} keeps this history aside and begins another with what is left")
    if survey.is_intact:
        yield ok("history", f"{count_things(survey.replay.seq, 'change')}, every line is sound")


def _check_unsaved(survey: Survey) -> Iterator[Finding]:
    files = [] if survey.is_intact else repair.unsaved_tables(survey)
    if files:
        what = f"{', '.join(files)} cannot be relied on either: what only lost lines put there is lost"
        yield problem("history", what, "put these files back from a backup if you have one, before you repair")


def _check_checkpoint(survey: Survey) -> Iterator[Finding]:
    if survey.is_ahead_of_checkpoint:
        what = f"the last command was killed after change {survey.replay.seq} was stored, before it could be shown"
        yield warning("gate", what, f"finish it: {_NEXT}")
    elif survey.cut.checkpoint is None:
        what = "it is missing" if survey.cut.checkpoint_data is None else "it is damaged"
        yield problem("gate", what, f"write it again: {_NEXT if survey.is_intact else REPAIR}")
    else:
        yield ok("gate", f"it shows change {survey.cut.checkpoint.seq}")


def _check_tables(survey: Survey) -> Iterator[Finding]:
    mend = f"rebuild it from the history and keep the found text aside: {_NEXT}" if survey.is_intact else REPAIR
    found = [problem("tables", what, mend) for what in _table_faults(survey)]
    yield from found or [ok("tables", "they are as ATLAS wrote them and equal the replay of the history")]
    checkpoint = survey.cut.checkpoint
    if checkpoint and EXEC_FILE in checkpoint.files and not checkpoint.matches(EXEC_FILE, survey.cut.files[EXEC_FILE]):
        yield warning("tables", f"{EXEC_FILE} is missing or was edited", f"it is written again: {_NEXT}")


def _table_faults(survey: Survey) -> Iterator[str]:
    if survey.is_ahead_of_checkpoint:
        return
    checkpoint, unequal = survey.cut.checkpoint, survey.differences() if survey.is_intact else []
    for file in FILES:
        data, mine = survey.cut.files[file], [line for line in unequal if line.startswith(file)]
        if mine:
            yield mine[0] + (f" (and {len(mine) - 1} more)" if len(mine) > 1 else "")
        elif data is None:
            if checkpoint is not None and file in checkpoint.files:
                yield f"{file} is missing"
        elif survey.cut.tables[file] is None:
            yield f"{file} is not a table that ATLAS wrote"
        elif checkpoint is not None and not checkpoint.matches(file, data):
            yield f"{file} was changed since ATLAS wrote it"


def _check_records(best: Replay) -> Iterator[Finding]:
    mend = "see who did it: atlas history --about ID"
    unsound = replay.record_faults(best) or references.reference_faults(best.transaction())
    yield from (problem("records", fault, mend) for fault in unsound)
    if not unsound:
        total = sum(len(rows) for table in best.tables.values() for rows in table.sections.values())
        yield ok("records", f"{count_things(total, 'record')}, sound by themselves and together")


def _check_plan(survey: Survey, best: Replay) -> Iterator[Finding]:
    workflow: Any = best.transaction().only(WORKFLOW)
    data = survey.cut.files[PLAN_FILE]
    if data is None and best.plan is not None:
        yield problem("plan", f"{PLAN_FILE} is missing", f"restore it from the history: {_NEXT}")
    elif workflow and workflow.get("phase") == PLANNING:
        try:
            modules = len(PlanDocument(data or b"").modules)
            yield ok("plan", f"{PLAN_FILE} holds {count_things(modules, 'module')}")
        except AtlasError as error:
            yield problem("plan", str(error), "correct it by hand")


def _check_spools(project: Project, best: Replay) -> Iterator[Finding]:
    tx, sizes = best.transaction(), spool.spool_sizes(project.spool)
    sessions = {session["id"]: session for session in tx.all(SESSION) if session["ended_at"]}
    done = [key for key, size in sizes.items() if key in sessions and sessions[key]["spool_offset"] == size]
    if done:
        yield ok("leftovers", f"{count_things(len(done), 'spool')} of ended sessions in {project.spool}, all folded in")


def _check_leftovers(project: Project, survey: Survey) -> Iterator[Finding]:
    stale = [*survey.cut.temps, *leftovers.stale_tickets(project)]
    for path in stale:
        yield warning("leftovers", f"{path} was left by a command that was killed", f"remove it: {REPAIR}")
    kept = len(os.listdir(project.aside)) if os.path.isdir(project.aside) else 0
    if kept:
        yield ok(
            "leftovers",
            f"{count_things(kept, 'found file')} kept aside in {project.aside}: delete what you do not need",
        )
    elif not stale:
        yield ok("leftovers", "none")


def _check_modes(project: Project) -> Iterator[Finding]:
    found = leftovers.paths_open_to_others(project)
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield warning("modes", f"{found[0]}{more} can be read by others", f"take their rights away: {REPAIR}")
    else:
        yield ok("modes", "only you can read the state")


def _check_excludes(project: Project, survey: Survey) -> Iterator[Finding]:
    is_older = 0 < survey.replay.version < STATE_VERSION  # of files that it does not have yet, git need not know
    if missing_patterns(project.common) and not is_older:
        yield warning("git", "info/exclude does not name the files of ATLAS", f"they could be committed: {REPAIR}")
    names = [os.path.join(".claude", name) for name in (*FILES, PLAN_FILE, EXEC_FILE)]
    try:
        tracked = [name for name in git.run_git(project.root, "ls-files", "-z", "--", *names).split("\0") if name]
    except AtlasError as error:
        yield warning("git", str(error), "see what git says in the project")
        return
    for name in tracked:
        yield warning("git", f"{name} is committed, and changes with every branch", f"git rm --cached {name}")
    if not tracked:
        yield ok("git", "the state is kept out of commits")
