"""Beginning a history anew where it cannot be relied on. The lock is held; nothing of value is deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from atlas.adapters.record_lines import encode_record
from atlas.adapters.system import disk
from atlas.core import clock
from atlas.core.paths import PLAN_FILE
from atlas.core.records.events import event_of
from atlas.core.records.kinds import FILES, KINDS
from atlas.core.rules.roles import Actor

from . import log
from .checkpoint import Checkpoint, fingerprint_bytes
from .recovery import Projections, View, keep_aside, rebuild_files
from .replay import Replay
from .survey import Survey
from .transaction import Changes

Notice = Callable[[str], None]


def begin_new_history(survey: Survey, actor: Actor, view: View, projections: Projections, notice: Notice) -> None:
    """Keep a history that cannot be relied on aside, and begin another: one line that puts everything there is.

    Killed at any point, this leaves what a second run mends. Raises OSError when the disk does not take it.
    """
    project, state = survey.project, survey.best_state()
    if survey.cut.size:
        with open(project.history, "rb") as file:
            kept = keep_aside(project, "history.jsonl", file.read())
        notice(f"the damaged history is kept whole as {kept}")
    plan, found = _plan_bytes(survey, state), survey.cut.files[PLAN_FILE]
    line = log.encode_entry(
        1, clock.current_time(), actor, "repair", _all_changes(state, plan), [event_of("HistoryBegunAnew", {})]
    )
    temp = disk.write_temp(project.history, line, synced=True)
    os.replace(temp, project.history)
    disk.sync_folder(project.private)
    known = Checkpoint(1 if plan == found else 0, 0, _kept_fingerprints(survey))
    rebuild_files(project, Replay([log.decode_entry(line, 1)]), known, view, projections, notice)
    for name in unsaved_tables(survey):
        notice(f"{name} could not be relied on: what only the lost lines put into it is not there any more")
    notice("a new history begins, with one line that holds everything else")


def unsaved_tables(survey: Survey) -> list[str]:
    """The tables of which only what the sound lines of the history say can be saved."""
    checkpoint, found, trusted = survey.cut.checkpoint, survey.cut.files, survey.trusted_tables()
    wanted = [file for file in FILES if found[file] is not None or checkpoint is None or file in checkpoint.files]
    return [file for file in wanted if file not in trusted]


def _kept_fingerprints(survey: Survey) -> dict[str, list[int]]:
    """Fingerprints of the files whose contents live on in the new history, so that they need not be kept aside."""
    checkpoint, trusted = survey.cut.checkpoint, survey.trusted_tables()
    return {
        name: fingerprint_bytes(data)
        for name, data in survey.cut.files.items()
        if data is not None and (name in trusted or (checkpoint is not None and checkpoint.matches(name, data)))
    }


def _plan_bytes(survey: Survey, state: Replay) -> bytes | None:
    """The plan as people see it, unless a change of it did not get as far as the file."""
    found, checkpoint = survey.cut.files[PLAN_FILE], survey.cut.checkpoint
    return state.plan if found is None or (checkpoint is not None and checkpoint.seq < state.plan_seq) else found


def _as_of_first_change(line: str) -> str:
    """A record of a history that begins anew: what says by which change something was made names the first."""
    record = json.loads(line)
    for part in (record, record.get("reported")):
        for name in ("seq", "ended_seq", "seen_seq", "lead_seq"):
            if isinstance(part, dict) and part.get(name) is not None:
                part[name] = 1
    return encode_record(record)


def _all_changes(state: Replay, plan: bytes | None) -> Changes:
    changes: Changes = {}
    for kind in KINDS.values():
        lines = state.tables[kind.file].sections[kind.section].lines()
        if lines:
            changes[kind.name] = {key: _as_of_first_change(line) for key, line in lines.items()}
    if plan is not None:
        changes["plan"] = log.plan_change(plan)
    return changes
