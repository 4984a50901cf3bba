"""What a session is told of its part in the orchestration when it begins, is resumed, cleared or compacted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from atlas.core.records.kinds import ASSIGNMENT, MISSION, MODULE, WORKFLOW
from atlas.core.records.plan import ORCHESTRATION
from atlas.core.records.protocol import Records
from atlas.core.records.transitions import LIVE
from atlas.core.text import one_line, quote_under

_MOST = 8


def summary_title(records: Records) -> str:
    """The orchestration: its plan, how far it is, and, marked as data, what for. Empty when there is none."""
    workflow, mission = records.only(WORKFLOW), records.only(MISSION)
    if workflow is None:
        return ""
    done, modules = records.count(MODULE, status="complete"), records.count(MODULE)
    stage = f"{done} of {modules} modules complete" if workflow["phase"] == ORCHESTRATION else "being planned"
    return quote_under(f"{workflow['plan_id']} ({stage})", mission["goal"] if mission else "")


def lead_summary(records: Records, title: str) -> list[str]:
    """For the session that leads: who is at work on what. `title` is what `summary_title` made of the same records."""
    live = records.where(ASSIGNMENT, status=LIVE)
    at_work = [f"{one['module']} ({one['agent']}, {one['status']})" for one in live]
    more = [f"{len(at_work) - _MOST} more"] if len(at_work) > _MOST else []
    return [
        f"ATLAS: this session leads the orchestration {title}",
        *([f"At work: {', '.join([*at_work[:_MOST], *more])}"] if at_work else []),
        "`atlas status` shows all of it, `atlas history` what happened.",
    ]


def worker_summary(agent: str, workspaces: Sequence[Mapping[str, Any]], title: str) -> list[str]:
    """For a session of an agent: its modules and workspaces, as its role view has them (see docs/state.md)."""
    lines = [f"ATLAS: this session is {agent}, an agent of the orchestration {title}"]
    for one in workspaces[:_MOST]:
        may = "" if one["may_edit"] or one["status"] not in LIVE else ", not to be edited yet"
        lines.append(
            f"Its module {one['module']} ({one['status']}{may}) has the workspace {one_line(one['folder'], 4000)}"
        )
    lines.append("What is asked is in .claude/WORKER_CONTEXT.json there; `atlas report` tells the lead how it stands.")
    return lines
