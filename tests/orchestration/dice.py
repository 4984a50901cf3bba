"""What the steps of a random walk are told: who, with what, and how it is put."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
NAMES = ["Auth core", "UI", "データ", "d"]
ROLLS = st.sampled_from(range(120))
"""A roll of the dice: one of whatever there is to choose from, all equally likely."""
SAID = st.sampled_from(["it works", "it does not", "\x00\u2028é🚀\n---\n"])
TEXTS = st.one_of(SAID, SAID, SAID, st.sampled_from(["", "x" * 3000]))
PRIORITIES = st.sampled_from(["critical", "high", "low", "soon"])
EDITS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([*NAMES, ""]),
        "description": TEXTS,
        "priority": PRIORITIES,
        "add_criteria": st.lists(TEXTS, max_size=2),
        "remove_criteria": st.lists(st.integers(0, 2), max_size=1),
        "add_dependencies": st.lists(st.sampled_from(["auth-core", "ui", "d"]), max_size=1),
        "remove_dependencies": st.lists(st.sampled_from(["auth-core", "ui"]), max_size=1),
    },
)
LEADERS = (None, None, None, "s-lead", "s-lead", "s-lead", "", "stranger", "s-one", "s-two")
ANYBODY = (None, "", "s-lead", "s-one", "s-one", "S-One", "s-two", "s-two", "stranger")


class Dice(NamedTuple):
    """All that a step may need to be told."""

    who: int
    module: int
    agent: int
    which: int
    text: str
    edit: Any
    yes: bool

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.which % len(choices)]

    @property
    def often(self) -> bool:
        return self.which % 4 > 0

    @property
    def leader(self) -> str | None:
        return LEADERS[self.who % len(LEADERS)]

    @property
    def anybody(self) -> str | None:
        return ANYBODY[self.who % len(ANYBODY)]


DICE = st.builds(Dice, ROLLS, ROLLS, ROLLS, ROLLS, TEXTS, EDITS, st.booleans())
