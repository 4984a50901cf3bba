"""Whose turn it is about an assignment: its agent's, the lead's, or nobody's that is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, cast

from atlas.core.records.assignment import Assignment, Question
from atlas.core.records.kinds import ASSIGNMENT, DISCOVERY, MESSAGE, SETTINGS, Kind
from atlas.core.records.message import BUILT_IN, Message
from atlas.core.records.team import Agent, Session
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import understanding, updates
from atlas.core.verbs import LEAD, PERSON

R = TypeVar("R")


class Records(Protocol):
    """The part of a transaction that this needs."""

    def all(self, kind: Kind[R]) -> list[R]: ...
    def only(self, kind: Kind[R]) -> R | None: ...
    def lines(self, kind: Kind[Any]) -> list[str]: ...


def having(records: Records, kind: Kind[R], *marks: str) -> list[R]:
    """The records in whose stored text one of the marks is, so that those that are over cost next to nothing.

    Quotes within their words are escaped there, so a mark with quotes in it is found in fields only.
    """
    lines = [line for line in records.lines(kind) if any(mark in line for mark in marks)]
    return cast("list[R]", json.loads(f"[{','.join(lines)}]"))


class OpenWork:
    """What is going on: the `live` assignments, the `rules` that the project chose a verdict for, what is `unread`."""

    def __init__(self, records: Records) -> None:
        self.records = records
        found = having(records, ASSIGNMENT, *(f'"status": "{status}"' for status in LIVE))
        self.live = [assignment for assignment in found if assignment["status"] in LIVE]
        settings = records.only(SETTINGS)
        self.rules = settings["gates"] if settings else {}
        self._sent = [one for one in having(records, MESSAGE, '"status": "sent"') if one["status"] == "sent"]

    def unread(self, mailbox: str) -> list[Message]:
        """The messages that nobody has taken out of a mailbox yet, oldest first."""
        return [message for message in self._sent if message["to"] == mailbox]


def open_question(assignment: Assignment) -> Question | None:
    """The agent's first question without an answer."""
    return next((one for one in assignment["instruction_verification"]["questions"] if one["answer"] is None), None)


def step(assignment: Assignment, rules: dict[str, str]) -> str:
    """What is missing until the agent may edit: one of REPEAT, JUDGE, ANSWER, AUTHORIZE, or NOTHING."""
    if understanding.may_edit(assignment, rules) or updates.pauses(assignment):
        return understanding.NOTHING
    return understanding.waits_for(assignment["instruction_verification"])


def is_for_lead(assignment: Assignment, rules: dict[str, str]) -> bool:
    """Whether the agent can only wait for the lead's word."""
    asked = open_question(assignment) is not None or updates.waits_for_lead(assignment)
    return asked or step(assignment, rules) in (understanding.JUDGE, understanding.ANSWER, understanding.AUTHORIZE)


def has_word(records: Records, assignment: Assignment) -> bool:
    """Whether the lead, or the person, has told the agent anything but a poll since its last report."""
    agent, reports = assignment["agent"], assignment["reports"]
    since = reports[-1]["at"] if reports else assignment["assigned_at"]
    told = [
        message["created_at"]
        for message in having(records, MESSAGE, f'"to": "{agent}"')
        if message["sender"] in (LEAD, PERSON) and message["type"] != "progress_poll"
    ]
    words = (one for one in having(records, DISCOVERY, f'"agent": "{agent}"') if one["kind"] == "interrupt")
    return any(at > since for at in (*told, *(one["created_at"] for one in words)))


def is_attended(agent: Agent, assignment: Assignment, place: Workspace, sessions: Sequence[Session]) -> bool:
    """Whether somebody is known to work there, or cannot be known not to. `sessions` are those of agents.

    A subagent is not known to: it ends without a word, and whether one runs now only the client can tell.
    """
    own = [session for session in sessions if session["agent"] == agent["id"]]
    if agent["transport"] != BUILT_IN or place["process"] or any(one["ended_at"] is None for one in own):
        return True
    seen = agent["last_seen"] is not None and agent["last_seen"] >= assignment["assigned_at"]
    return seen and not own and not place["subagent"]
