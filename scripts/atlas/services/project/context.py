"""What every verb works with: the store, the project, and who is calling."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from atlas.adapters.store.store import Store
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.paths import Project, workspace_around
from atlas.core.records.kinds import MESSAGE, WORKSPACE
from atlas.core.rules import roles
from atlas.core.rules.reach import withdraw_unreachable

T = TypeVar("T")


class Context:
    """A store, the client session (or None) that its verbs are called from, and the workspace they are called in."""

    def __init__(
        self,
        project: Project,
        store: Store,
        session: str | None,
        folder: str | None = None,
        courier: Courier | None = None,
    ) -> None:
        """`folder` is the current one. `courier` is called after each change that leaves messages in the outbox, with
        those whom they are for.
        """
        self.project = project
        self.store = store
        self.session = session
        self.workspace_path = workspace_around(project.root, folder or project.root)
        self._courier = courier

    def transact(self, verb: str, fn: Callable[[Transaction, roles.Actor], T]) -> T:
        """Run `fn` in one transaction, as whoever is calling. Raises AtlasError when that role may not use the verb."""

        if verb != "plan":
            self._require_state()

        def permitted(tx: Transaction) -> roles.Actor:
            actor = self.actor(tx)
            roles.require_permission(actor, verb)
            return actor

        def run(tx: Transaction) -> tuple[T, set[str]]:
            result = fn(tx, tx.actor)
            if WORKSPACE.name in tx.changes:
                withdraw_unreachable(tx)
            return result, _waiting_recipients(tx)

        result, recipients = self.store.transact(verb, permitted, run)
        if recipients and self._courier is not None:
            self._courier(self, recipients)
        return result

    def actor(self, tx: Transaction) -> roles.Actor:
        """Who is calling."""
        return roles.derive_actor(tx, self.session, self.workspace_path)

    def read(self, verb: str, fn: Callable[[Transaction, roles.Actor], T]) -> T:
        """Run `fn` on one consistent state without changing it, as whoever is calling."""
        self._require_state()

        def permitted(tx: Transaction) -> T:
            actor = self.actor(tx)
            roles.require_permission(actor, verb)
            return fn(tx, actor)

        return self.store.read(permitted)

    def _require_state(self) -> None:
        if not self.store.exists():
            raise AtlasError('there is no orchestration in this project yet: begin with atlas plan "GOAL"')


Courier = Callable[[Context, set[str]], None]
"""Delivers what a change left in the outbox, to those whom it is for."""


def _waiting_recipients(tx: Transaction) -> set[str]:
    """Whom the messages are for that this change leaves in the outbox."""
    return {message["to"] for message in tx.changed(MESSAGE) if message["status"] == "queued"}
