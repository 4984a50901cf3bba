"""What a session is told of its part in the orchestration when it begins, is resumed, cleared or compacted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from atlas.core.records.kinds import ASSIGNMENT, MISSION, MODULE, WORKFLOW, Kind
from atlas.core.records.transitions import LIVE
from atlas.core.text import one_line

R = TypeVar("R")
_MOST = 8
_LIVE = tuple(f'"status": "{status}"' for status in LIVE)
_COMPLETE = '"status": "complete"'


class Records(Protocol):
    """The part of a transaction that a summary needs."""

    def only(self, kind: Kind[R]) -> R | None: ...
    def lines(self, kind: Kind[Any]) -> list[str]: ...


def title(records: Records) -> str:
    """The orchestration in a line: its plan, how far it is, and what for. Empty when there is none."""
    workflow, mission = records.only(WORKFLOW), records.only(MISSION)
    if workflow is None:
        return ""
    modules = records.lines(MODULE)
    done = sum(_COMPLETE in line for line in modules)
    stage = f"{done} of {len(modules)} modules complete" if workflow["phase"] == "orchestration" else "being planned"
    return f"{workflow['plan_id']} ({stage})" + (f": {one_line(mission['goal'])}" if mission else "")


def lead(records: Records, title: str) -> list[str]:
    """For the session that leads: who is at work on what. `title` is what `title` made of the same records."""
    live = [json.loads(line) for line in records.lines(ASSIGNMENT) if any(mark in line for mark in _LIVE)]
    at_work = [f"{one['module']} ({one['agent']}, {one['status']})" for one in live if one["status"] in LIVE]
    more = [f"{len(at_work) - _MOST} more"] if len(at_work) > _MOST else []
    return [
        f"ATLAS: this session leads the orchestration {title}",
        *([f"At work: {', '.join([*at_work[:_MOST], *more])}"] if at_work else []),
        "`atlas status` shows all of it, `atlas history` what happened.",
    ]


def worker(agent: str, workspaces: Sequence[Mapping[str, Any]], title: str) -> list[str]:
    """For a session of an agent: its modules and workspaces, as its gate has them (see docs/state.md)."""
    lines = [f"ATLAS: this session is {agent}, an agent of the orchestration {title}"]
    for one in workspaces[:_MOST]:
        may = "" if one["may_edit"] or one["status"] not in LIVE else ", not to be edited yet"
        lines.append(f"Its module {one['module']} ({one['status']}{may}) has the workspace {one['folder']}")
    lines.append("What is asked is in .claude/WORKER_CONTEXT.json there; `atlas report` tells the lead how it stands.")
    return lines
