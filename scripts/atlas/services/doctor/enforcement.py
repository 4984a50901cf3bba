"""Who works past the hooks, as the doctor says it."""

from __future__ import annotations

from collections.abc import Iterator

from atlas.adapters.store.transaction import Transaction
from atlas.core.paths import Project
from atlas.core.results.doctor import Finding
from atlas.core.rules.enforcement import describe
from atlas.services.sessions.watchdog import unenforced
from atlas.services.sessions.watched_agents import watched

from .findings import ok, warning


def findings(project: Project, tx: Transaction) -> Iterator[Finding]:
    """The same as the doctor says it."""
    found = unenforced(project, watched(tx))
    for one in found:
        mend = "enable the plugin in that session" if one["here"] else "nothing: only the services refuse there"
        yield warning("unenforced", describe(one), mend)
    if not found:
        yield ok("enforced", "nobody is seen to work past the hooks")
