"""Whose turn it is about an assignment: its agent's, the lead's, or nobody's that is known."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.core.records.assignment import Assignment
from atlas.core.records.constants import INTERRUPT
from atlas.core.records.kinds import ASSIGNMENT, DISCOVERY, MESSAGE, QUESTION, SETTINGS
from atlas.core.records.message import BUILT_IN, MESSAGE_TYPES, PROGRESS_POLL, Message
from atlas.core.records.protocol import Records
from atlas.core.records.rows import Question
from atlas.core.records.team import Agent, Session
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import understanding, updates
from atlas.core.verbs import LEAD, PERSON

_WORDS = frozenset(MESSAGE_TYPES) - {PROGRESS_POLL}


class OpenWork:
    """What is going on: the `live` assignments, the `rules` that the project chose a verdict for, what is `unread`."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.live = records.where(ASSIGNMENT, status=LIVE)
        settings = records.only(SETTINGS)
        self.rules = settings["gates"] if settings else {}
        self._sent = records.where(MESSAGE, status="sent")

    def unread_messages(self, mailbox: str) -> list[Message]:
        """The messages that nobody has taken out of a mailbox yet, oldest first."""
        return [message for message in self._sent if message["to"] == mailbox]


def open_question(records: Records, assignment: Assignment) -> Question | None:
    """The agent's first question without an answer, of those that were asked here."""
    if understanding.open_questions(assignment["instruction_verification"]) <= 0:
        return None  # known without reading the questions, which every change would do otherwise
    return next(iter(records.where(QUESTION, task_uuid=assignment["task_uuid"], answer=None)), None)


def missing_step(assignment: Assignment, rules: dict[str, str]) -> str:
    """What is missing until the agent may edit: one of REPEAT, JUDGE, ANSWER, AUTHORIZE, or NOTHING."""
    if understanding.may_edit(assignment, rules) or updates.pause_reason(assignment):
        return understanding.NOTHING
    return understanding.waits_for(assignment["instruction_verification"])


def is_for_lead(records: Records, assignment: Assignment, rules: dict[str, str]) -> bool:
    """Whether the agent can only wait for the lead's word."""
    asked = open_question(records, assignment) is not None or updates.waits_for_lead(assignment)
    return asked or missing_step(assignment, rules) in (
        understanding.JUDGE,
        understanding.ANSWER,
        understanding.AUTHORIZE,
    )


def has_word(records: Records, assignment: Assignment) -> bool:
    """Whether the lead, or the person, has told the agent anything but a poll since its last report."""
    agent, reported = assignment["agent"], assignment["reported"]
    since = reported["seq"] if reported else assignment["seq"]
    told = records.last(MESSAGE, to=agent, sender=(LEAD, PERSON), type=_WORDS)
    words = (one for one in records.containing(DISCOVERY, agent=agent) if one["kind"] == INTERRUPT)
    return any(one["seq"] > since for one in (*([told] if told else []), *words))


def is_attended(agent: Agent, assignment: Assignment, workspace: Workspace, sessions: Sequence[Session]) -> bool:
    """Whether somebody is known to work there, or cannot be known not to. `sessions` are those of agents.

    A subagent is not known to: it ends without a word, and whether one runs now only the client can tell.
    """
    own = [session for session in sessions if session["agent"] == agent["id"]]
    if agent["transport"] != BUILT_IN or workspace["process"] or any(one["ended_at"] is None for one in own):
        return True
    seen = agent["seen_seq"] is not None and agent["seen_seq"] > assignment["seq"]
    return seen and not own and not workspace["subagent"]
