"""How messages reach agents: the one interface of all transports, and what it carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol, TypeAlias

from atlas.core.errors import AtlasError


class Letter(NamedTuple):
    """A message on its way: `sender` and `to` are addresses of the transport, `id` is its idempotency key."""

    id: str
    sender: str
    to: str
    subject: str
    body: str
    kind: str
    priority: str
    task_uuid: str | None


class Incoming(NamedTuple):
    """A message found in a mailbox: nothing about it is proven.

    `sender` is the name that it gives, `key` what tells it from every other one of that sender, `answers` the id of
    the letter that it says to answer.
    """

    external_id: str
    key: str
    sender: str
    subject: str
    body: str
    priority: str
    answers: str | None


class Address(NamedTuple):
    """Where an agent is: its full `name`, and what its messages are sent `to`."""

    name: str
    to: str


Stops: TypeAlias = Literal["message", "recipient", "server"]


class TransportError(AtlasError):
    """Something did not go through.

    `unsure`: it may have been done; `late`: or be done yet. `again`: it may be tried again at once. `after`: the
    seconds that the other side wants to be left alone. `stops`: what else need not be tried now: nothing but this
    message, what is for the same recipient, or everything on this server.
    """

    def __init__(
        self,
        message: str,
        stops: Stops = "server",
        unsure: bool = False,
        late: bool = False,
        again: bool = False,
        after: float = 0,
    ) -> None:
        super().__init__(message)
        self.stops: Stops = stops
        self.unsure, self.late = unsure or late, late
        self.again, self.after = again, after


class Transport(Protocol):
    """Everything here raises TransportError when it cannot be done now."""

    name: str

    def healthy(self) -> str:
        """What answers, in a line."""

    def resolve(self, name: str) -> Address:
        """The address of exactly that agent. Raises AtlasError, naming the nearest, when there is none."""

    def register_lead(self, name: str, purpose: str) -> str:
        """The address of the lead's own mailbox, made when it is not there yet."""

    def deliver(self, letter: Letter) -> str:
        """Send it; the id that it has there."""

    def find(self, letter: Letter) -> str | None:
        """The id of a letter that has arrived, however its sending ended; None when it is not there (yet)."""

    def fetch(self, mailbox: str) -> Iterator[Incoming | TransportError]:
        """What is unread in a mailbox, oldest first; of a message that cannot be had now, why.

        Where there is more than can be listed at once, the newest of it comes first, so each is to be acknowledged.
        """

    def acknowledge(self, mailbox: str, external_id: str) -> None:
        """Mark a message as read, so that it is not fetched again."""

    def read(self, address: str, ids: set[str]) -> set[str]:
        """Those of the messages that were marked as read where an agent is, as far as that can be seen."""

    def listen(self, mailbox: str) -> AbstractContextManager[Callable[[], bool]]:
        """Have it told when a message arrives: the function says whether one did since it was asked last."""
