"""Checks whose quarantine is over, as the doctor says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.core.clock import current_time
from atlas.core.rules.outcomes import read_quarantine
from atlas.services.project.settings import current_settings

from .findings import warning

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.doctor import Finding


def quarantine_findings(tx: Transaction) -> Iterator[Finding]:
    """A finding for each entry of `checks.quarantine` whose end date has passed."""
    for one in map(read_quarantine, current_settings(tx)["checks_quarantine"]):
        if one.is_over(current_time()):
            what = f"{one.command[:200]!r} may not be flaky any more: its quarantine was {one.by}"
            yield warning("quarantine", what, "mend the check, or have a person set checks.quarantine anew")
