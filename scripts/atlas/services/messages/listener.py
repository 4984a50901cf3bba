"""Exchanging again and again while somebody waits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.records.message import BUILT_IN

from . import mail_server
from .exchange import exchange_messages

if TYPE_CHECKING:
    from atlas.core.results.messages import ListenResult
    from atlas.services.project.context import Context

_LOOK_SECONDS = 15.0
"""Between two exchanges while nothing was pushed: the push is a courtesy that may fail."""
_NAP_SECONDS = 0.1


class Exchange:
    """Exchanging again and again while somebody waits: when the server pushes, and from time to time anyway.

    Without AI Maestro, or for somebody who is not `wanted` mail from outside, it does nothing. `troubles` is what the
    last exchange could not do, `received` how many messages came in all.
    """

    def __init__(self, context: Context, wanted: bool = True, listens: bool = True) -> None:
        self._context, self._wanted, self._listens = context, wanted, listens
        self._stack = ExitStack()
        self._rang: Callable[[], bool] | None = None
        self._due = 0.0
        self.received = 0
        self.troubles: list[str] = []

    def __enter__(self) -> Exchange:
        try:
            self._wanted = self._wanted and mail_server.chosen_transport(self._context).name != BUILT_IN
        except AtlasError as error:
            self._wanted, self.troubles = False, [str(error)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def is_on(self) -> bool:
        """Whether there is anything to exchange with."""
        return self._wanted

    def receive(self) -> None:
        """Exchange if it is time to; cheap when it is not."""
        if not self._wanted or not ((self._rang and self._rang()) or time.monotonic() >= self._due):
            return
        if self._listens and self._rang is None:
            self._listen()
        result = exchange_messages(self._context, due_only=True)
        self.received += result["received"]
        self.troubles = result["troubles"]
        self._due = time.monotonic() + _LOOK_SECONDS

    def _listen(self) -> None:
        """Ask to be called, before what is there already is fetched, so that nothing falls in between."""
        try:
            by = mail_server.chosen_transport(self._context)
            self._rang = self._stack.enter_context(by.listen(mail_server.lead_mailbox(self._context, by)))
        except AtlasError:
            self._rang = None


def listen_for_mail(context: Context, seconds: float) -> ListenResult:
    """Exchange for so long, or until whoever started this has ended. Returns at once without AI Maestro."""
    context.read("listen", lambda tx, actor: None)
    deadline, parent = time.monotonic() + seconds, os.getppid()
    with Exchange(context) as post:
        post.receive()
        while post.is_on and time.monotonic() < deadline and os.getppid() == parent:
            time.sleep(_NAP_SECONDS)
            post.receive()
    return {"listened": post.is_on, "received": post.received, "troubles": post.troubles}
