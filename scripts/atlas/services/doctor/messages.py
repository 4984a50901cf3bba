"""The doctor's look at messages: whether AI Maestro answers where it is used, and what waits in the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.adapters.transport import choice
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import AGENT, MESSAGE
from atlas.core.records.message import MAESTRO
from atlas.services.project import settings

from .findings import count_things, ok, problem, warning

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.doctor import Finding


def message_findings(tx: Transaction) -> Iterator[Finding]:
    """Nothing where all is built in and delivered."""
    is_used = tx.count(AGENT, transport=MAESTRO) > 0
    how = f"set {choice.VARIABLE} or `atlas settings transport.url`"
    try:
        url = choice.configured_address(settings.current_settings(tx)["transport_url"])
        if url is not None:
            yield ok("AI Maestro", choice.choose_transport(url).healthy())
        elif is_used:
            yield problem("AI Maestro", "agents are reached by it, and its address is not known here", how)
    except AtlasError as error:
        if is_used:
            yield problem("AI Maestro", str(error), f"start it, or {how}")
        else:
            yield warning("AI Maestro", str(error), f"start it, or {how}")
    waiting = tx.keys(MESSAGE, status="failed")
    if waiting:
        yield warning("outbox", f"{count_things(len(waiting), 'message')} could not be sent yet", "atlas check-agents")
