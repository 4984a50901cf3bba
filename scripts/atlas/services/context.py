"""What every verb works with: the store, the project, and who is calling."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from atlas.adapters.store.files import FileStore
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.model import WORKFLOW, Workflow
from atlas.core.paths import Project
from atlas.core.policy import roles

T = TypeVar("T")


class Context:
    """A store, and the client session (or None) that its verbs are called from."""

    def __init__(self, project: Project, store: FileStore, session: str | None) -> None:
        self.project = project
        self.store = store
        self.session = session

    def act(self, verb: str, fn: Callable[[Transaction, roles.Actor], T]) -> T:
        """Run `fn` in one transaction, as whoever is calling. Raises AtlasError when that role may not use the verb."""

        if verb != "plan":
            self._require_state()

        def permitted(tx: Transaction) -> roles.Actor:
            actor = roles.derive(tx, self.session)
            roles.require(actor, verb)
            return actor

        return self.store.transact(verb, permitted, lambda tx: fn(tx, tx.actor))

    def look(self, verb: str, fn: Callable[[Transaction, roles.Actor], T]) -> T:
        """Run `fn` on one consistent state without changing it, as whoever is calling."""
        self._require_state()

        def permitted(tx: Transaction) -> T:
            actor = roles.derive(tx, self.session)
            roles.require(actor, verb)
            return fn(tx, actor)

        return self.store.read(permitted)

    def _require_state(self) -> None:
        if not self.store.exists():
            raise AtlasError('there is no orchestration in this project yet: begin with atlas plan "GOAL"')


def executing(tx: Transaction) -> Workflow:
    """The workflow of a running orchestration. Raises AtlasError when none is running."""
    workflow = orchestration(tx)
    if workflow["status"] == "complete":
        raise AtlasError("the orchestration is complete: begin the next one with `atlas plan GOAL`")
    return workflow


def orchestration(tx: Transaction) -> Workflow:
    """The workflow once it is past planning. Raises AtlasError when it is not."""
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError("not in the orchestration phase: begin with `atlas plan GOAL`")
    if workflow["phase"] != "orchestration":
        raise AtlasError("not in the orchestration phase: finish the plan, `atlas approve`, then `atlas start`")
    return workflow
