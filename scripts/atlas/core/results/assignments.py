"""Results about agents and who has which module: `register`, `assign`, `reassign`, `report` and `handoff`."""

from __future__ import annotations

from typing import Literal, TypedDict, final

from atlas.core.records.assignment import ReportKind
from atlas.core.records.team import Agent
from atlas.core.records.whole import WholeAssignment
from atlas.core.records.workspace import Workspace

Receipt = Literal["arrived", "late", "absent"]
"""What became of the word to stop: the agent has it, did not get it in time, or no session is there to get it."""


class RegisterResult(TypedDict):
    """The agent that was registered now, or, when `created` is false, before."""

    agent: Agent
    created: bool


class Given(TypedDict):
    """A module in the hands of an agent; `created` is false when the agent had it already."""

    module: str
    agent: str
    assignment: WholeAssignment
    created: bool


class TakenOver(Given):
    """A module that another agent had `before`, and that one's workspace, which it `left` as it is."""

    before: str | None
    left: Workspace | None


class AssignResult(Given):
    """Who has the module now, and the workspace to do it in; None for a person, and where none was wanted.

    `created` is false when the agent had the module already. `notes` are worth knowing, and hinder nothing.
    """

    workspace: Workspace | None
    notes: list[str]


@final
class Reassigned(TakenOver):
    """The module changed hands before work on it had begun.

    `before` is who had it, and `left` that one's workspace, which stays; both are None when a crash had interrupted
    this before.
    """

    workspace: Workspace | None
    notes: list[str]


@final
class HandedOver(TakenOver):
    """The module changed hands while it was worked on: the work was stopped and saved, and goes on elsewhere.

    `saved` is the commit that holds all of the work, if there was any. `receipt` says what became of the word to stop;
    it is None for a person. `handoff` is the file of the document for the new agent.
    """

    workspace: Workspace | None
    notes: list[str]
    saved: str | None
    receipt: Receipt | None
    handoff: str


@final
class KeptAfterAll(TypedDict):
    """The agent that was told to stop keeps the module after all."""

    module: str
    agent: str
    kept: Literal[True]


ReassignResult = Reassigned | HandedOver | KeptAfterAll


class ReportResult(TypedDict):
    """The report that was recorded, now or before, the module's status after it, and whose the module is."""

    module: str
    report: ReportKind
    status: str
    agent: str


class HandoffResult(TypedDict):
    """The document that hands a module over. A preview is in no `file`, and a person is sent no `message`."""

    module: str
    agent: str
    text: str
    file: str | None
    message: str | None
