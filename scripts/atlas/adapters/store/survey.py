"""A look at the store that takes nothing for granted and changes nothing: what is there, and what can be relied on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from atlas.adapters.system import disk
from atlas.core.errors import AtlasError, NewerStateError, StateError
from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project
from atlas.core.records import migration
from atlas.core.records.kinds import FILES, KINDS

from . import log, schema
from .checkpoint import Checkpoint
from .lock import lock_store
from .replay import Replay
from .tables import Rows, Table

_WAIT_SECONDS = 5.0


class Cut:
    """What the store's files hold at one moment; of the history only its size, since it only ever grows."""

    def __init__(self, project: Project) -> None:
        """Read everything. Raises NewerStateError when a newer ATLAS wrote something, OSError when it is unreadable."""
        self.checkpoint_data = disk.read_bytes(project.checkpoint)
        self.checkpoint = Checkpoint.parse(self.checkpoint_data)
        self.files = {
            name: disk.read_bytes(os.path.join(project.claude, name)) for name in (*FILES, PLAN_FILE, EXEC_FILE)
        }
        self.tables = {file: parse_table(file, self.files[file]) for file in FILES}
        self.size = log.history_size(project.history)
        self.temps = temporary_files(project)

    @property
    def exists(self) -> bool:
        """Whether there is any state at all."""
        return self.checkpoint_data is not None or self.size > 0 or any(self.files[file] is not None for file in FILES)

    @property
    def is_settled(self) -> bool:
        """Whether nobody is in the middle of a change, or was killed there, and no table was touched since."""
        checkpoint = self.checkpoint
        return (
            checkpoint is not None
            and checkpoint.history == self.size
            and not self.temps
            and all(checkpoint.matches(file, self.files[file]) for file in FILES if file in checkpoint.files)
        )


def take_cut(project: Project) -> Cut:
    """The store's files as no half-done change shows them, where that can be had. Raises what `Cut` raises."""
    seen = Cut(project)
    if not seen.is_settled and os.path.exists(os.path.join(project.private, "lock")):
        with contextlib.suppress(AtlasError, OSError), lock_store(project.private, _WAIT_SECONDS):
            seen = Cut(project)
    return seen


def parse_table(file: str, data: bytes | None) -> Table | None:
    """The table in `data` when every record of it can be read, else None. Raises NewerStateError."""
    try:
        table = Table.parse(file, data or b"")
        value = json.loads((data or b"").decode())
        whole = all(_read_by_line(rows) == value.get(section, {}) for section, rows in table.sections.items())
    except NewerStateError:
        raise
    except (StateError, ValueError):
        return None
    return table if whole else None


def _read_by_line(rows: Rows) -> dict[str, Any]:
    """The records as they are found one by one."""
    return {key: json.loads(line) for key, line in rows.lines().items()}


def section_records(table: Table, section: str) -> dict[str, Any]:
    """The records of a section by key."""
    return table.sections[section].by_key()


def temporary_files(project: Project) -> list[str]:
    """Files that a commit had not put into place yet: of one under way, or of a process that was killed."""
    folders = (project.claude, project.private, project.aside, os.path.join(project.common, "info"))
    return [
        os.path.join(folder, name)
        for folder in folders
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
        if name.startswith(".") and name.endswith(disk.TEMP_SUFFIX)
    ]


class Survey:
    """A cut, its history read to the end, and the best state that the two together give."""

    def __init__(self, project: Project, seen: Cut) -> None:
        """Raises NewerStateError when a newer ATLAS wrote a line of the history, OSError when it is unreadable."""
        self.project = project
        self.cut = seen
        self.faults: list[str] = []
        """What is wrong with lines of the history, each named by its number."""
        self.lost: list[tuple[int, int]] = []
        """Changes, from and to, that no sound line holds."""
        self.torn = 0
        """Bytes of a last line without its end, which was never acknowledged."""
        self.replay = Replay(self._sound_lines())
        newest = self._newest_change()
        if newest > self.replay.seq:
            self.lost.append((self.replay.seq + 1, newest))

    @property
    def is_intact(self) -> bool:
        """Whether the history can be relied on: every change ever acknowledged is there."""
        return not self.faults and not self.lost and not self.missing_bytes

    @property
    def missing_bytes(self) -> int:
        """Bytes that the history lacks of what the last commit left."""
        return max(0, self.cut.checkpoint.history - self.cut.size) if self.cut.checkpoint else 0

    @property
    def is_ahead_of_checkpoint(self) -> bool:
        """Whether the history has changes that the checkpoint, and so the tables, do not show yet."""
        return self.cut.checkpoint is not None and self.cut.checkpoint.seq < self.replay.seq

    def entries(self) -> Iterator[log.Entry]:
        """Every sound line of the history again, in order."""
        return (entry for _, entry, _ in self._lines() if entry is not None)

    def best_state(self) -> Replay:
        """The state to go on from, in the form of now: the replay of an intact history, else the trusted tables.

        What a table lacks, and a table that cannot be trusted, comes from the sound lines of the history.
        """
        if self.is_intact:
            return self.replay.in_current_form()
        state = Replay(())
        state.tables.update(self.trusted_tables())
        known = {file: table.seq for file, table in state.tables.items()}
        for entry in self.entries():
            news = {k: v for k, v in entry["records"].items() if k == "plan" or entry["seq"] > known[KINDS[k].file]}
            state.apply({**entry, "records": news})
        return state.in_current_form()

    def trusted_tables(self) -> dict[str, Table]:
        """The tables to go on from: the checkpoint vouches for them, or they are newer than it and fit their
        schemas."""
        return {file: table for file, table in self.cut.tables.items() if table is not None and self._trusts(table)}

    def _trusts(self, table: Table) -> bool:
        checkpoint = self.cut.checkpoint
        if checkpoint is not None and checkpoint.matches(table.file, self.cut.files[table.file]):
            return True
        newer = table.seq > checkpoint.seq if checkpoint else table.seq >= self.replay.tables[table.file].seq
        return newer and all(
            not schema.library_faults(kind.name, migration.current_record(kind.name, record))
            for kind in KINDS.values()
            if kind.file == table.file
            for record in section_records(table, kind.section).values()
        )

    def differences(self) -> list[str]:
        """What the tables hold otherwise than the replayed history, whatever the order; none when they are equal."""
        found: list[str] = []
        for file, wanted in self.replay.tables.items():
            table = self.cut.tables[file]
            if table is not None:
                found += _unequal_records(table, wanted)
            elif self.cut.files[file] is not None:
                found.append(f"{file} is not a table that ATLAS wrote")
            elif wanted.seq:
                found.append(f"{file} is missing")
        return found

    def _newest_change(self) -> int:
        if self.cut.checkpoint is not None:
            return self.cut.checkpoint.seq
        return max((table.seq for table in self.cut.tables.values() if table is not None), default=0)

    def _sound_lines(self) -> Iterator[log.Entry]:
        """The sound lines, noting what is wrong with the others and what is missing between them."""
        last, after_fault = 0, False
        for number, entry, fault in self._lines():
            if entry is None:
                self.faults.append(fault)
                after_fault = True
                continue
            if entry["seq"] > last + 1:
                self.lost.append((last + 1, entry["seq"] - 1))
                if not after_fault:
                    self.faults.append(f"history line {number}: what comes before it is missing")
            last, after_fault = entry["seq"], False
            yield entry

    def _lines(self) -> Iterator[tuple[int, log.Entry | None, str]]:
        last = 0
        for number, line in enumerate(_lines_up_to(self.project.history, self.cut.size), 1):
            if not line.endswith(b"\n"):
                self.torn = len(line)
                return
            try:
                entry = _decode_applicable(line, number)
                if entry["seq"] <= last:
                    raise StateError(f"history line {number} repeats change {entry['seq']}")
                last = entry["seq"]
                yield number, entry, ""
            except NewerStateError:
                raise
            except StateError as error:
                yield number, None, str(error).removesuffix(": see `atlas doctor`")


def _lines_up_to(path: str, size: int) -> Iterator[bytes]:
    if size == 0:
        return
    with open(path, "rb") as file:
        while size > 0 and (line := file.readline(size)):
            size -= len(line)
            yield line


def _decode_applicable(line: bytes, number: int) -> log.Entry:
    """The entry of a line. Raises StateError when it is none that can be applied."""
    entry = log.decode_entry(line, number)
    unknown = set(entry["records"]) - set(KINDS) - {"plan"}
    if unknown:
        raise StateError(f"history line {number} holds a {min(unknown)}, which this ATLAS does not know")
    return entry


def _unequal_records(table: Table, wanted: Table) -> Iterator[str]:
    for kind in KINDS.values():
        if kind.file != table.file:
            continue
        have, want = section_records(table, kind.section), section_records(wanted, kind.section)
        for key in {**want, **have}:
            if have.get(key) != want.get(key):
                how = "is missing" if key not in have else "differs" if key in want else "is in no change"
                yield f"{table.file}: {kind.name} {key} {how}"
