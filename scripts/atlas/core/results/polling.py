"""Results of asking agents how they stand: what `check-agents` and `poll` answer."""

from __future__ import annotations

from typing import Literal, TypedDict, final

from atlas.core.records.rows import PollContents

from .messages import UnsentMessage

PollPriority = Literal["normal", "high", "urgent"]
"""Of a first poll, its reminder, and the reminder after that."""


class Asked(TypedDict):
    """An agent and its module that were asked about: the number of the poll, and how far its message is."""

    agent: str
    module: str
    number: int
    priority: PollPriority
    message: str
    status: str


class Unsent(TypedDict):
    """An agent that was not asked, since its poll before has not gone out yet: that one is sent again."""

    agent: str
    module: str
    message: str


class Active(TypedDict):
    """An agent whose work shows by itself (`what`), so that it is not asked before it is `due`."""

    agent: str
    module: str
    due: str | None
    what: str


class Escalated(TypedDict):
    """An agent that left its polls unanswered since a time, so that the lead is told; and who has nothing to do."""

    agent: str
    module: str
    unanswered: int
    since: str
    idle_agents: list[str]


class NotDue(TypedDict):
    """An agent that is not asked now; `due` is None while nobody is to ask it."""

    agent: str
    module: str
    due: str | None


class Checked(TypedDict):
    """What came of each agent and module that was looked at, by how it came out."""

    polled: list[Asked]
    active: list[Active]
    escalated: list[Escalated]
    unsent: list[Unsent]
    not_due: list[NotDue]


@final
class CheckAgentsResult(Checked):
    """What came of asking everybody who is due.

    `undelivered` are the messages that still wait in the outbox, `troubles` what could not be done.
    """

    undelivered: list[UnsentMessage]
    troubles: list[str]


@final
class PollSent(TypedDict):
    """What came of asking one agent now.

    `undelivered` are the messages that still wait in the outbox, `troubles` what could not be done.
    """

    polled: list[Asked]
    unsent: list[Unsent]
    undelivered: list[UnsentMessage]
    troubles: list[str]


class PollAnswered(TypedDict):
    """The last poll of an agent, with the answer that is recorded now, or was before."""

    agent: str
    module: str
    poll: PollContents


class ModulePoll(PollContents):
    """A poll, and the module that it was about."""

    module: str


class PollHistory(TypedDict):
    """Every poll of an agent that is still known, with its answer."""

    agent: str
    polls: list[ModulePoll]


PollResult = PollSent | PollAnswered | PollHistory
