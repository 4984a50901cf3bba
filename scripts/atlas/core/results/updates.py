"""Results about changes of the instructions of an agent at work: what `update` and `acknowledge` answer."""

from __future__ import annotations

from typing import Literal, TypedDict

from atlas.core.records.assignment import Update

UpdateNeeds = Literal["receipt", "feasibility", "concerns", "authorization"]


class UpdateStep(TypedDict):
    """An update of the instructions as it is now, the step that comes next, and how to take it.

    `next` and `how` are None when nothing is left to do about it.
    """

    module: str
    agent: str
    update: Update
    next: UpdateNeeds | None
    how: str | None


class AcknowledgeResult(UpdateStep):
    """An update as it is after the word of its agent, the step that comes next, and how to take it."""


class UpdateLine(Update):
    """An update of the instructions, whose it is, and the step that comes next; None when it is done."""

    agent: str
    module: str
    next: UpdateNeeds | None


class Updates(TypedDict):
    """Every update of a module, or every open one of all."""

    updates: list[UpdateLine]


UpdateResult = UpdateStep | Updates
