"""Beginning a history anew where it cannot be relied on. The lock is held; nothing of value is deleted."""

from __future__ import annotations

import os
from collections.abc import Callable

from atlas.adapters.system import disk
from atlas.core import clock
from atlas.core.paths import PLAN_FILE
from atlas.core.records.kinds import FILES, KINDS
from atlas.core.rules.roles import Actor

from . import log
from .checkpoint import Checkpoint, fingerprint
from .recovery import Mirror, View, keep_aside, rebuild
from .replay import Replay
from .survey import Survey
from .transaction import Changes

Notice = Callable[[str], None]


def begin_anew(survey: Survey, actor: Actor, view: View, mirror: Mirror, notice: Notice) -> None:
    """Keep a history that cannot be relied on aside, and begin another: one line that puts everything there is.

    Killed at any point, this leaves what a second run mends. Raises OSError when the disk does not take it.
    """
    project, state = survey.project, survey.best()
    if survey.cut.size:
        with open(project.history, "rb") as file:
            kept = keep_aside(project, "history.jsonl", file.read())
        notice(f"the damaged history is kept whole as {kept}")
    plan, found = _plan(survey, state), survey.cut.files[PLAN_FILE]
    line = log.encode(1, clock.now(), actor, "repair", _everything(state, plan))
    temp = disk.write_temp(project.history, line, synced=True)
    os.replace(temp, project.history)
    disk.sync_folder(project.private)
    known = Checkpoint(1 if plan == found else 0, 0, _taken_over(survey))
    rebuild(project, Replay([log.decode(line, 1)]), known, view, mirror, notice)
    for name in unsaved(survey):
        notice(f"{name} could not be relied on: what only the lost lines put into it is not there any more")
    notice("a new history begins, with one line that holds everything else")


def unsaved(survey: Survey) -> list[str]:
    """The tables of which only what the sound lines of the history say can be saved."""
    gate, found, trusted = survey.cut.gate, survey.cut.files, survey.trusted()
    wanted = [file for file in FILES if found[file] is not None or gate is None or file in gate.files]
    return [file for file in wanted if file not in trusted]


def _taken_over(survey: Survey) -> dict[str, list[int]]:
    """Fingerprints of the files whose contents live on in the new history, so that they need not be kept aside."""
    gate, trusted = survey.cut.gate, survey.trusted()
    return {
        name: fingerprint(data)
        for name, data in survey.cut.files.items()
        if data is not None and (name in trusted or (gate is not None and gate.matches(name, data)))
    }


def _plan(survey: Survey, state: Replay) -> bytes | None:
    """The plan as people see it, unless a change of it did not get as far as the file."""
    found, gate = survey.cut.files[PLAN_FILE], survey.cut.gate
    return state.plan if found is None or (gate is not None and gate.seq < state.plan_seq) else found


def _everything(state: Replay, plan: bytes | None) -> Changes:
    changes: Changes = {}
    for kind in KINDS.values():
        lines = state.tables[kind.file].sections[kind.section].lines
        if lines:
            changes[kind.name] = dict(lines)
    if plan is not None:
        changes["plan"] = log.plan_change(plan)
    return changes
