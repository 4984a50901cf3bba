"""What was done by whom, and whether the tables are what it all led to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from atlas.adapters.store.survey import Survey, take_cut
from atlas.core.errors import AtlasError
from atlas.core.records.events import event_words, fields_of
from atlas.core.records.kinds import KINDS
from atlas.core.rules import roles

if TYPE_CHECKING:
    from atlas.adapters.store.log import Entry
    from atlas.core.results.project import HistoryChange, HistoryResult

    from .context import Context


def report_history(context: Context, limit: int, verb: str | None = None, about: str | None = None) -> HistoryResult:
    """The last `limit` changes, of one verb or about one record if wanted, and a comparison of tables and replay.

    Changes nothing. A damaged history is shown as far as it can be read, with its `faults`.
    Raises AtlasError when there is none, or a newer ATLAS wrote it.
    """
    seen = take_cut(context.project)
    if not seen.exists:
        raise AtlasError('there is no orchestration in this project yet: begin with atlas plan "GOAL"')
    survey = Survey(context.project, seen)
    roles.require_permission(
        roles.derive_actor(survey.replay.transaction(), context.session, context.workspace_path), "history"
    )
    wanted = (entry for entry in survey.entries() if _is_wanted(entry, verb, about))
    differences = survey.differences()
    return {
        "changes": [_change_result(entry) for entry in deque(wanted, limit)],
        "total": survey.replay.seq,
        "faults": [*survey.faults, *missing_changes(survey)],
        "unfinished_bytes": survey.torn,
        "differences": differences,
        "equal": not differences,
    }


def missing_changes(survey: Survey) -> list[str]:
    """A line for each stretch of changes that the history has lost, and for an end that is missing."""
    lost = [f"change {first}" if first == last else f"changes {first} to {last}" for first, last in survey.lost]
    found = [f"the history holds no sound line for {what}" for what in lost]
    if survey.missing_bytes:
        found.append(f"the history is {survey.missing_bytes} bytes shorter than the last commit left it")
    return found


def _is_wanted(entry: Entry, verb: str | None, about: str | None) -> bool:
    return verb in (None, entry["verb"]) and (about is None or _concerns_record(entry, about))


def _concerns_record(entry: Entry, about: str) -> bool:
    """Whether a change is by, of, or on a record that refers to, what is asked about."""
    if about in (entry["actor"] or {}).values():
        return True
    if any(
        about in (value if isinstance(value, list) else [value])
        for e in entry.get("events", ())
        for value in e.values()
    ):
        return True
    records = (item for kind, changed in entry["records"].items() if kind != "plan" for item in changed.items())
    return any(about == key or (record is not None and about in record.values()) for key, record in records)


def _change_result(entry: Entry) -> HistoryChange:
    return {
        "seq": entry["seq"],
        "at": entry["at"],
        "actor": entry["actor"],
        "verb": entry["verb"],
        "records": [
            {"kind": kind, "id": key, "status": _status_given(kind, record)}
            for kind, changed in entry["records"].items()
            for key, record in changed.items()
        ],
        "events": [
            {"event": event["event"], "fields": fields_of(event), "words": event_words(event)}
            for event in entry.get("events", ())
        ],
    }


def _status_given(kind: str, record: Any) -> str | None:
    """The status that a record was given: `removed` when it was, None when its kind has none."""
    if kind not in KINDS:
        return None
    return "removed" if record is None else record.get("status")
