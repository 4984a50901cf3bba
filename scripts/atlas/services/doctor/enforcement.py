"""Who works past the hooks, as the doctor says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.core.rules.enforcement import describe_unenforced
from atlas.services.sessions.watchdog import unenforced_work
from atlas.services.sessions.watched_agents import watched_sessions

from .findings import ok, warning

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.paths import Project
    from atlas.core.results.doctor import Finding


def enforcement_findings(project: Project, tx: Transaction) -> Iterator[Finding]:
    """The same as the doctor says it."""
    found = unenforced_work(project, watched_sessions(tx))
    for one in found:
        mend = "enable the plugin in that session" if one["here"] else "nothing: only the services refuse there"
        yield warning("unenforced", describe_unenforced(one), mend)
    if not found:
        yield ok("enforced", "nobody is seen to work past the hooks")
