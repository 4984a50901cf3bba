"""The kinds of record: their fields, the table each is kept in, and the one table of legal status changes."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from .assignment import Assignment
from .discovery import Discovery
from .message import Message
from .plan import Landing, Mission, Module, Workflow
from .rows import Evidence, Poll, Question, Repetition, Report, Review
from .team import Agent, Session, Settings
from .workspace import Workspace

STATE_VERSION = 2
"""Version of everything stored. A store with a higher one is refused by name."""
R = TypeVar("R")


class Kind(Generic[R]):
    """A kind of record: its `name`, the JSON file and section it is kept in, and the field that is its key."""

    __slots__ = ("file", "key", "name", "section")

    def __init__(self, name: str, file: str, section: str, key: str = "id") -> None:
        self.name, self.file, self.section, self.key = name, file, section, key

    def id_of(self, record: R) -> str:
        """The key of a record of this kind."""
        return str(cast("dict[str, Any]", record)[self.key])


MISSION: Kind[Mission] = Kind("mission", "MISSION_CONTEXT.json", "missions")
WORKFLOW: Kind[Workflow] = Kind("workflow", "WORKFLOW_STATE.json", "workflows")
SESSION: Kind[Session] = Kind("session", "WORKFLOW_STATE.json", "sessions")
SETTINGS: Kind[Settings] = Kind("settings", "WORKFLOW_STATE.json", "settings")
LANDING: Kind[Landing] = Kind("landing", "WORKFLOW_STATE.json", "landings")
MODULE: Kind[Module] = Kind("module", "PHASE_PROGRESS.json", "modules")
AGENT: Kind[Agent] = Kind("agent", "PARALLEL_STATUS.json", "agents")
ASSIGNMENT: Kind[Assignment] = Kind("assignment", "PARALLEL_STATUS.json", "assignments", "task_uuid")
REPORT: Kind[Report] = Kind("report", "REPORTS.json", "reports", "row")
POLL: Kind[Poll] = Kind("poll", "PARALLEL_STATUS.json", "polls", "row")
REPETITION: Kind[Repetition] = Kind("repetition", "REPORTS.json", "repetitions", "row")
QUESTION: Kind[Question] = Kind("question", "REPORTS.json", "questions", "row")
EVIDENCE: Kind[Evidence] = Kind("evidence", "EVIDENCE.json", "evidence", "row")
REVIEW: Kind[Review] = Kind("review", "EVIDENCE.json", "reviews", "row")
WORKSPACE: Kind[Workspace] = Kind("workspace", "PARALLEL_STATUS.json", "workspaces", "name")
DISCOVERY: Kind[Discovery] = Kind("discovery", "DISCOVERIES.json", "discoveries")
MESSAGE: Kind[Message] = Kind("message", "MESSAGES.json", "messages")

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        *(MISSION, WORKFLOW, SESSION, SETTINGS, LANDING, MODULE),
        *(AGENT, ASSIGNMENT, WORKSPACE, DISCOVERY, MESSAGE),
        *(REPORT, POLL, REPETITION, QUESTION, EVIDENCE, REVIEW),
    )
}
OF_ASSIGNMENT: tuple[Kind[Any], ...] = (REPORT, POLL, REPETITION, QUESTION)
"""Kinds of rows that belong to an assignment, by its `task_uuid`."""
OF_MODULE: tuple[Kind[Any], ...] = (EVIDENCE, REVIEW)
"""Kinds of rows that belong to a module."""
FILES: tuple[str, ...] = tuple(dict.fromkeys(kind.file for kind in KINDS.values()))
