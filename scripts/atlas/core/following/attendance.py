"""Whether somebody is there: sessions that ended while they held something, and gates that a person has lifted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Pause, Workflow
    from atlas.core.records.team import Session
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.status import Incomplete, Unattended


def pause_in_force(pause: Pause | None, now: str) -> Pause | None:
    """The pause, unless its time is up."""
    return pause if pause is not None and (pause["until"] is None or now < pause["until"]) else None


def unattended_work(
    workflow: Workflow, sessions: Iterable[Session], live: Sequence[Assignment], workspaces: Iterable[Workspace]
) -> list[Unattended]:
    """What nobody attends to since a session ended. Of whom no session was ever seen to end, nothing is said.

    `live` are the assignments that are somebody's work. An agent that is the lead's subagent ends with the lead.
    """
    by_agent: dict[str | None, list[Session]] = {}
    found: list[Unattended] = []
    for session in sessions:
        by_agent.setdefault(session["agent"], []).append(session)
        if session["id"] == workflow["lead"] and (session["ended_seq"] or 0) > (workflow["lead_seq"] or 0):
            found += _work_left_by([session], None, [])
    led = set() if found else {workspace["agent"] for workspace in workspaces if workspace["subagent"]}
    for agent in dict.fromkeys(assignment["agent"] for assignment in live if assignment["agent"] not in led):
        modules = [assignment["module"] for assignment in live if assignment["agent"] == agent]
        found += _work_left_by(by_agent.get(agent, []), agent, modules)
    return found if workflow["status"] != "complete" else []


def _work_left_by(sessions: Sequence[Session], agent: str | None, modules: list[str]) -> list[Unattended]:
    """What these sessions held, if all of them have ended."""
    ended = [session for session in sessions if session["ended_at"] and session["ended_seq"]]
    if not ended or len(ended) < len(sessions):
        return []
    last = max(ended, key=lambda session: (session["ended_seq"] or 0, session["id"]))
    return [{"agent": agent, "session": last["id"], "since": str(last["ended_at"]), "modules": modules}]


def incomplete_sessions(workflow: Workflow, sessions: Iterable[Session]) -> list[Incomplete]:
    """The sessions with a role that still run, and were let go with something left to do."""
    found: list[Incomplete] = []
    for session in sessions:
        leads, why = session["id"] == workflow["lead"], session["stopped"]
        if why is not None and session["ended_at"] is None and (leads or session["agent"]):
            found.append({"agent": None if leads else session["agent"], "session": session["id"], **why})
    return found if workflow["status"] != "complete" else []
