"""The store in files: JSON tables under `.claude/`, history, checkpoint and lock in git's common directory.

Commit: validate → write every temporary file → append the history line and sync it → rename the temporary files into
place, the checkpoint last. The checkpoint carries the sequence number, the size of the history and a checksum of every
table, so that a reader knows without a lock whether what it read is one consistent state. Whoever finds that it is not
takes the lock and rebuilds the tables from the history.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from atlas.adapters.system import disk
from atlas.adapters.system.exclude import exclude_from_commits
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.ids import is_slug
from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project
from atlas.core.records.facts import fold_facts
from atlas.core.records.kinds import SESSION, STATE_VERSION

from . import log, schema, spool
from .checkpoint import Checkpoint, fingerprint_bytes
from .lock import lock_store
from .recovery import Projections, Reflect, View, append_line, discard_temps, keep_aside, recover_state, write_temps
from .store import Store
from .tables import Table
from .transaction import Transaction

T = TypeVar("T")
_TRIES = 8
_SHOWN = frozenset(("workflow", "module", "agent", "assignment"))
"""Kinds of record that the rendered file shows."""


class FileStore(Store):
    """Records of one project. Every change is one line of its history."""

    commits: ClassVar[int] = 0
    """How many changes this process has made, of whatever project."""

    def __init__(self, project: Project, view: View, projections: Projections, notice: Callable[[str], None]) -> None:
        """`view` renders the file that people read; `notice` is told, in a line, what was repaired in passing.

        `projections` makes what hooks look at (interrupt files, role views) equal to the records: it reads them before
        a commit is written, and what it returns acts before the commit takes effect for readers, with the lock held. So
        a crash in between is made good by whoever comes next.
        """
        self.project = project
        self._view = view
        self._projections = projections
        self._notice = notice

    def exists(self) -> bool:
        """Whether there is any state to read."""
        return os.path.exists(self.project.checkpoint) or log.history_size(self.project.history) > 0

    def position(self) -> int:
        """A number that changes with every commit, cheap enough to be watched: the bytes of the history."""
        return log.history_size(self.project.history)

    def read(self, fn: Callable[[Transaction], T]) -> T:
        """Run `fn` on one consistent state, spooled facts included, without a lock where nobody is writing.

        `fn` may put records; they are thrown away.
        """
        checkpoint = self._clean_checkpoint()
        if checkpoint is not None:
            with contextlib.suppress(_Inconsistent):
                return fn(self._begin(checkpoint))
        with lock_store(self.project.private):
            return self._on_whole_state(lambda checkpoint: fn(self._begin(checkpoint)))

    def transact(self, verb: str, actor: Callable[[Transaction], Any], fn: Callable[[Transaction], T]) -> T:
        """Run `fn` and commit what it put, or change nothing when it raises.

        `fn` may be run again (the plan was edited by hand meanwhile), so it has no effect but its puts. `actor` derives
        who acts from the records. Returns what `fn` returned, after the change was synced to disk.
        Raises AtlasError from `fn`, from validation, or when the state cannot be used.
        """

        def attempt(checkpoint: Checkpoint) -> T:
            for _ in range(_TRIES):
                tx = self._begin(checkpoint)
                tx.actor = actor(tx)
                result = fn(tx)
                if (not tx.changes and tx.new_plan is None) or self._commit(checkpoint, verb, tx):
                    return result
            raise AtlasError(f"{PLAN_FILE} keeps changing while it is edited here: save it, then run this again")

        schema.require_library()  # may begin to make it, so not while others wait for the lock
        with lock_store(self.project.private):
            return self._on_whole_state(attempt)

    # Reading.

    def _clean_checkpoint(self) -> Checkpoint | None:
        checkpoint = Checkpoint.parse(disk.read_bytes(self.project.checkpoint))
        if checkpoint is None or checkpoint.history != log.history_size(self.project.history):
            return None
        if checkpoint.version < STATE_VERSION:
            return None  # recovery brings it forward
        return checkpoint

    def _begin(self, checkpoint: Checkpoint) -> Transaction:
        tx = Transaction(
            lambda file: self._load(checkpoint, file),
            lambda: disk.read_bytes(self.project.plan),
            clock.current_time(),
            checkpoint.seq,
        )
        self._fold_spools(tx)
        return tx

    def _fold_spools(self, tx: Transaction) -> None:
        for key, size in spool.spool_sizes(self.project.spool).items():
            session = tx.get(SESSION, key) if is_slug(key) else None
            offset = session["spool_offset"] if session else 0
            offset = offset if offset <= size else 0  # the spool was lost and begun anew
            if is_slug(key) and size > offset:
                facts, end = spool.read_facts(self.project.spool, key, offset)
                if end > offset:
                    fold_facts(tx, key, facts, end)

    def _load(self, checkpoint: Checkpoint, file: str) -> Table:
        data = disk.read_bytes(self._path(file))
        if data is None and file not in checkpoint.files:
            return Table(file)
        if data is None or not checkpoint.matches(file, data):
            raise _Inconsistent
        return Table.parse(file, data)

    def _path(self, file: str) -> str:
        return os.path.join(self.project.claude, file)

    # Writing, with the lock held.

    def _commit(self, checkpoint: Checkpoint, verb: str, tx: Transaction) -> bool:
        """Commit, or return False with nothing changed because the plan was edited meanwhile."""
        schema.check_changes(tx.changes)
        seq = checkpoint.seq + 1
        new = self._new_files(tx, seq)
        reflect = self._projections(self.project, tx)
        # All that can fail is written beside its place first: a full disk fails before the history has the change.
        line = log.encode_entry(seq, tx.at, tx.actor, verb, _changes_with_plan(tx), tx.events)
        files = {**checkpoint.files, **{name: fingerprint_bytes(data) for name, data in new.items()}}
        after = Checkpoint(seq, checkpoint.history + len(line), files)
        disk.make_private_folder(self.project.claude)
        exclude_from_commits(self.project.common)
        temps = write_temps({**{self._path(n): d for n, d in new.items()}, self.project.checkpoint: after.render()})
        # The last look before the change is made: an editor that saves after it is seen when the plan is renamed.
        if tx.plan_was_read and disk.read_bytes(self.project.plan) != tx.plan_as_read:
            discard_temps(temps)
            return False
        append_line(self.project, line, checkpoint.history, temps)
        FileStore.commits += 1
        self._put_into_place(temps, checkpoint, tx, reflect)
        return True

    def _put_into_place(self, temps: dict[str, str], checkpoint: Checkpoint, tx: Transaction, reflect: Reflect) -> None:
        """Show a change that the history holds already: what fails here is made good by whoever comes next."""
        try:
            for path, temp in temps.items():
                if path == self.project.plan:
                    self._keep_plan_of_others(checkpoint, tx)
                if path == self.project.checkpoint:
                    for trouble in reflect():
                        self._notice(trouble)
                os.replace(temp, path)
        except OSError as error:
            what = error.filename or "a table"
            self._notice(f"{what}: {error.strerror}; the change is in the history, the next command shows it")

    def _keep_plan_of_others(self, checkpoint: Checkpoint, tx: Transaction) -> None:
        """A plan as a hand wrote it (comments, another plan, an edit of this very moment) is not lost."""
        found = disk.read_bytes(self.project.plan)
        if found is None or checkpoint.matches(PLAN_FILE, found):
            return
        kept = keep_aside(self.project, PLAN_FILE, found)
        if found != tx.plan_as_read:
            self._notice(f"{PLAN_FILE} was edited while this ran: put that edit in again, its text is kept as {kept}")

    def _new_files(self, tx: Transaction, seq: int) -> dict[str, bytes]:
        new: dict[str, bytes] = {}
        for file in tx.changed_files():
            table = tx.table(file)
            table.seq = seq
            new[file] = table.render()
        if tx.new_plan is not None:
            new[PLAN_FILE] = tx.new_plan
        if not _SHOWN.isdisjoint(tx.changes):
            new[EXEC_FILE] = self._view(tx)
        return new

    def _on_whole_state(self, fn: Callable[[Checkpoint], T]) -> T:
        """Run `fn` on the state, mended first where a crash or a hand left it in pieces. The lock is held."""
        checkpoint = self._clean_checkpoint()
        if checkpoint is not None and all(os.path.isfile(self._path(name)) for name in checkpoint.files):
            with contextlib.suppress(_Inconsistent):
                return fn(checkpoint)
        return fn(recover_state(self.project, self._view, self._projections, self._notice))


class _Inconsistent(Exception):
    """A table is not what the checkpoint says: somebody is writing, was killed while writing, or edited it."""


def _changes_with_plan(tx: Transaction) -> dict[str, dict[str, str | None]]:
    return tx.changes if tx.new_plan is None else {**tx.changes, "plan": log.plan_change(tx.new_plan)}
