"""What every verb works with: the store, the project, and who is calling."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from atlas.adapters.store.store import Store
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.paths import Project, workspace_around
from atlas.core.records.kinds import ASSIGNMENT, LANDING, MESSAGE, MODULE, WORKSPACE
from atlas.core.rules import roles
from atlas.core.rules.reach import withdraw_unreachable
from atlas.core.rules.verb_permissions import DECIDING

from .clients import is_called_by_client

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
        settler: Settler | None = None,
        token: str | None = None,
        unattended: bool = False,
    ) -> None:
        """`folder` is the current one. `courier` is called after each change that leaves messages in the outbox, with
        those whom they are for. `settler` is called before the first change, when a process that died left a merge.
        `token` is what a hook passed on with a command that a person typed. `unattended`: nobody gave the verb. ATLAS
        runs it by itself, where whoever it does that for may run it, too.
        """
        self.project = project
        self.store = store
        self.session = session
        self.workspace_path = workspace_around(project.root, folder or project.root)
        self._courier = courier
        self._settler = settler
        self._token = token
        self._by_client: bool | None = None
        self._is_unattended = unattended

    def transact(self, verb: str, fn: Callable[[Transaction, roles.Actor], T], actor: roles.Actor | None = None) -> T:
        """Run `fn` in one transaction, as whoever is calling or as the `actor`: who began this, or ATLAS itself.

        Raises AtlasError when the caller's role may not use the verb, or a module is changed that is being merged.
        """

        if verb != "plan":
            self._require_state()
        self._look_above(verb)

        def permitted(tx: Transaction) -> roles.Actor:
            return self._permitted_actor(tx, verb, actor)

        def run(tx: Transaction) -> tuple[T, set[str]]:
            landing = set(tx.keys(LANDING))
            if landing and self._settler is not None:
                raise _LeftOpen
            result = fn(tx, tx.actor)
            _require_unmerged(tx, landing)
            if WORKSPACE.name in tx.changes:
                withdraw_unreachable(tx)
            return result, _waiting_recipients(tx)

        try:
            result, recipients = self.store.transact(verb, permitted, run)
        except _LeftOpen:
            self.settle()
            result, recipients = self.store.transact(verb, permitted, run)
        self._settler = None  # what is open from now on, this command itself has begun
        if recipients and self._courier is not None:
            self._courier(self, recipients)
        return result

    def settle(self) -> None:
        """Settle what a process that died left open; once is enough for a command."""
        settler, self._settler = self._settler, None
        if settler is not None:
            settler(self)

    def look(self, fn: Callable[[Transaction], T]) -> T:
        """Run `fn` on one consistent state without changing it, on nobody's behalf."""
        self._require_state()
        return self.store.read(fn)

    def actor(self, tx: Transaction) -> roles.Actor:
        """Who is calling."""
        return roles.derive_actor(tx, self.session, self.workspace_path)

    def tend(self, verb: str, fn: Callable[[Transaction], T]) -> T:
        """Run `fn` in one transaction of ATLAS's own, which follows from what was decided before: it carries mail.

        It notes the session that this runs in, to which it is no news; of what runs unattended, none.
        """

        def itself(tx: Transaction) -> roles.Actor:
            session = None if self._is_unattended else self.actor(tx)["session"]
            return {**roles.ATLAS_ITSELF, "session": session}

        roles.require_permission(roles.ATLAS_ITSELF, verb)
        return self.store.transact(verb, itself, fn)

    def read(self, verb: str, fn: Callable[[Transaction, roles.Actor], T]) -> T:
        """Run `fn` on one consistent state without changing it, as whoever is calling."""
        self._require_state()
        self._look_above(verb)
        return self.store.read(lambda tx: fn(tx, self._permitted_actor(tx, verb)))

    def _permitted_actor(self, tx: Transaction, verb: str, actor: roles.Actor | None = None) -> roles.Actor:
        actor = actor or self.actor(tx)
        roles.require_permission(actor, verb, self._by_client is True)
        if self._is_unattended:
            actor = roles.ATLAS_ITSELF
            roles.require_permission(actor, verb)
        return actor

    def _look_above(self, verb: str) -> None:
        """See, before the store's lock is taken, whether a client calls what only a person decides."""
        if verb in DECIDING and self._by_client is None:
            self._by_client = is_called_by_client(self.project, self._token)

    def _require_state(self) -> None:
        if not self.store.exists():
            raise AtlasError('there is no orchestration in this project yet: begin with atlas plan "GOAL"')


class _LeftOpen(Exception):
    """A merge is under way, or was left by a process that died: to be settled before anything is changed."""


def _require_unmerged(tx: Transaction, landing: set[str]) -> None:
    """Raise AtlasError when a module is changed whose work is being merged, other than by the end of that merge."""
    landing = landing & set(tx.keys(LANDING)) if landing else landing
    if not landing:
        return
    changed = tx.changes.get(MODULE.name, {}).keys() | {one["module"] for one in tx.changed(ASSIGNMENT)}
    for module in sorted(landing & changed):
        raise AtlasError(f"{module} is being merged: wait for `atlas complete {module}` to end, then run this again")


Settler = Callable[[Context], None]
"""Settles what a process that died left of merging."""
Courier = Callable[[Context, set[str]], None]
"""Delivers what a change left in the outbox, to those whom it is for."""


def _waiting_recipients(tx: Transaction) -> set[str]:
    """Whom the messages are for that this change leaves in the outbox."""
    return {one["to"] for one in tx.changed(MESSAGE) if one["status"] == "queued" and not one["held"]}
