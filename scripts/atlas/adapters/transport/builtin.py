"""The built-in transport: the mailbox is the store itself, so a message that is committed has been delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from atlas.core.records.message import BUILT_IN

from .transport import Address, Incoming, Letter, TransportError


class BuiltIn:
    """Nothing is left to do here: what is sent, is in the mailbox by the transaction that stores it."""

    name = BUILT_IN

    def healthy(self) -> str:
        return "messages are kept in the project itself"

    def resolve(self, name: str) -> Address:
        return Address(name, "")

    def register_lead(self, name: str, purpose: str) -> str:
        return name

    def deliver(self, letter: Letter) -> str:
        return letter.id

    def find(self, letter: Letter) -> str | None:
        return letter.id

    def fetch(self, mailbox: str) -> Iterator[Incoming | TransportError]:
        return iter(())

    def acknowledge(self, mailbox: str, external_id: str) -> None:
        return

    def read(self, address: str, ids: set[str]) -> set[str]:
        return set()

    @contextmanager
    def listen(self, mailbox: str) -> Iterator[Callable[[], bool]]:
        yield lambda: False
