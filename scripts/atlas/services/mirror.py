"""What lies outside the tables and follows from them: the files that hooks look at."""

from __future__ import annotations

from atlas.adapters.store.transaction import Transaction
from atlas.core.paths import Project


def update(project: Project, tx: Transaction) -> None:
    """Make those files equal to the records that `tx` sees. Called with the store's lock held; may run again."""
