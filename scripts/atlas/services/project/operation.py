"""Operations: changes of the records and of something outside of them that cannot half-happen.

An operation has three steps. The intent is a transaction: it decides on its own snapshot, and records what is about to
be done. The effect is done by git, a process or a server, with no lock of the store held. The outcome is a transaction
that records what came of it. When the effect fails, a step of its own puts back what the intent changed, or records
what stands. A process that dies in between leaves the intent, which the next command or the doctor settles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, TypeVar

from atlas.core.errors import AtlasError, OperationFailed

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.rules.roles import Actor

    from .context import Context

I = TypeVar("I")  # noqa: E741 - the intent
E = TypeVar("E")
R = TypeVar("R")


class Operation(ABC, Generic[I, E, R]):
    """One operation. What the steps share goes from one to the next; nothing but that is kept in between."""

    verb: str

    @abstractmethod
    def intend(self, tx: Transaction, actor: Actor) -> I:
        """Decide, on this snapshot, and record what is about to be done. Raises AtlasError when it may not be."""

    @abstractmethod
    def act(self, intent: I) -> E:
        """Do it. Raises AtlasError or OSError when that fails."""

    @abstractmethod
    def conclude(self, tx: Transaction, actor: Actor, intent: I, effect: E) -> R:
        """Record what came of it, and return the result of the command."""

    @abstractmethod
    def take_back(self, intent: I, error: BaseException) -> str | None:
        """Undo what of the effect there is, and put back what the intent changed, or record what stands.

        Returns a sentence for the person that says what stands; None when the intent had recorded nothing, and all is
        as it was. Raises AtlasError or OSError when that fails, too.
        """

    def leave_open(self, intent: I, effect: E) -> str | None:
        """Say what stands when the effect could not be recorded; undo it where nobody else settles that.

        Returns None when all is as it was before the intent.
        """
        return "the next command settles that"


def carry_out(context: Context, operation: Operation[I, E, R]) -> R:
    """Carry an operation out. Raises AtlasError with nothing changed when it is refused at the intent.

    Raises OperationFailed when it failed later; an interrupt from the keyboard is passed on when it was taken back.
    """

    def begin(tx: Transaction, actor: Actor) -> tuple[I, Actor]:
        return operation.intend(tx, actor), actor

    intent, began = context.transact(operation.verb, begin)
    try:
        effect = operation.act(intent)
    except BaseException as error:
        stands = _take_back(operation, intent, error)
        if stands is not None and isinstance(error, (AtlasError, OSError)):
            raise OperationFailed(f"{error_text(error)}; {stands}") from error
        raise
    try:
        return context.transact(
            operation.verb, lambda tx, actor: operation.conclude(tx, actor, intent, effect), actor=began
        )
    except (AtlasError, OSError) as error:
        stands = operation.leave_open(intent, effect)
        if stands is None:
            raise
        raise OperationFailed(f"what was done could not be recorded: {error_text(error)}; {stands}") from error


def _take_back(operation: Operation[I, E, R], intent: I, error: BaseException) -> str | None:
    try:
        return operation.take_back(intent, error)
    except (AtlasError, OSError) as worse:
        return f"and it could not be taken back: {error_text(worse)}: see `atlas doctor`"


def error_text(error: BaseException) -> str:
    """What went wrong, in a line; of an error of the machine with the file that it is about."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or "interrupted"
