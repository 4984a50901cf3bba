"""What a store of ATLAS's records must do, whatever it keeps them in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from .transaction import Transaction

T = TypeVar("T")


class Store(ABC):
    """The records of one project, which change in transactions only.

    A transaction is atomic: everybody sees all of it or nothing, also after a crash. Transactions happen one after the
    other, each on the state that the last one left, and are numbered without gaps in the store's history.
    """

    @abstractmethod
    def exists(self) -> bool:
        """Whether anything was ever committed here. Before that, whatever is read is empty."""

    @abstractmethod
    def position(self) -> int:
        """A number that changes with every commit, cheap enough to be watched; 0 where nothing was ever committed."""

    @abstractmethod
    def read(self, fn: Callable[[Transaction], T]) -> T:
        """Run `fn` on one consistent state, in which everything is that hooks left until now; returns what it returned.

        A record that is not there is None, a kind without records has an empty list, a project without a plan has None
        as its plan. `fn` may put records; they are thrown away. It may be run again, so it has no other effect.
        Raises AtlasError from `fn`, or when the state cannot be used.
        """

    @abstractmethod
    def transact(self, verb: str, actor: Callable[[Transaction], Any], fn: Callable[[Transaction], T]) -> T:
        """Run `fn` and commit what it put, or change nothing when it raises. Returns what `fn` returned.

        The change is in the history, as that of the `verb` and of whom `actor` derives from the records, and will
        survive a crash, before this returns. Where `fn` put nothing new, nothing is committed. `fn` may be run again on
        a newer state, so it has no effect but its puts.
        Raises AtlasError from `fn`, from validation, or when the state cannot be used.
        """
