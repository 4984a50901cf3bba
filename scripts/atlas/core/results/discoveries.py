"""Results about what others should know: what `discover` and `interrupt` answer."""

from __future__ import annotations

from typing import TypedDict

from atlas.core.records.discovery import Discovery


class SentInstead(TypedDict):
    """An agent without a workspace to be interrupted in, and the message that it got instead."""

    agent: str
    message: str


class Shared(TypedDict):
    """A discovery as it was recorded now, or, when `created` is false, by the same request before.

    Whoever has no workspace is told `by_message`; `people` are to be told by the lead.
    """

    discovery: Discovery
    created: bool
    by_message: list[SentInstead]
    people: list[str]


class DiscoverResult(Shared):
    """The discovery, now or before recorded, and those who get it in another way; `cut` names what was too long.

    Whoever has no workspace is told `by_message`; `people` are to be told by the lead.
    """

    cut: list[str]


class InterruptResult(Shared):
    """The interrupt, now or before recorded; `cut` names what was too long.

    An agent without a workspace is told `by_message`.
    """

    cut: list[str]
