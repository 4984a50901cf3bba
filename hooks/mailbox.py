"""The messages that wait for a model in a mailbox, and which of them were handed over.

What waits is in `mail/MAILBOX` of ATLAS's folder, what of it was handed over in `mail/told/MAILBOX`, both until the
store knows better.
"""

from __future__ import annotations

import os

from hooks.bare import dump, lock, make_folder, parse, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Letter = dict[str, Any]


def mail_folder() -> str:
    """Where the store leaves unread messages for hooks."""
    return os.path.join(os.environ["ATLAS_HOME"], "mail")


def unread_letters(mailbox: str) -> list[Letter]:
    """What a mailbox's file holds, oldest first."""
    try:
        letters = parse(read(os.path.join(mail_folder(), mailbox)))["messages"]
        return [letter for letter in letters if isinstance(letter["id"], str)]
    except FileNotFoundError:
        return []


def has_waiting(mailbox: str) -> bool:
    """Whether there is a message that was not handed over: of one that was, the store may not have heard yet."""
    ledger = Ledger(mailbox)
    ledger.load()
    return any(letter["id"] not in ledger.ids for letter in unread_letters(mailbox))


class Ledger:
    """Which messages of a mailbox were handed over, by their `ids`; locked while it is entered.

    `cursor` tells how far one is that is handed over in parts: its id, or none, and the characters that were.
    """

    def __init__(self, mailbox: str) -> None:
        self._path, self._lock = os.path.join(mail_folder(), "told", mailbox), -1
        self.ids: list[str] = []
        self.cursor: tuple[str, int] = ("", 0)

    def __enter__(self) -> Ledger:
        make_folder(os.path.dirname(self._path))
        self._lock = lock(f"{self._path}.lock")
        self.load()
        return self

    def load(self) -> None:
        """Read what was noted; nothing where that makes no sense."""
        try:
            found = parse(read(self._path))
            self.ids, self.cursor = list(map(str, found["ids"])), (str(found["part"][0]), int(found["part"][1]))
        except (FileNotFoundError, ValueError, KeyError, TypeError, IndexError):
            pass

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def save(self, ids: list[str], cursor: tuple[str, int]) -> None:
        """Note what has been handed over now."""
        write(self._path, dump({"ids": ids, "part": list(cursor)}))
