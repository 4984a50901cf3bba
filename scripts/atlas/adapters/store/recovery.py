"""Making the tables again from the history, and what is done with whatever stood in their place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from atlas.core import clock
from atlas.core.errors import StateError
from atlas.core.model import FILES, KINDS
from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project

from . import disk, history
from .gate import Gate, fingerprint
from .table import Table, encode
from .transaction import Transaction

View = Callable[[Transaction], bytes]
"""Renders the file that people read."""
Mirror = Callable[[Project, Transaction], None]
"""Makes the files that hooks look at equal to the records."""


class Replay:
    """The state that a history leads to."""

    def __init__(self, entries: Iterable[history.Entry]) -> None:
        """Apply the entries in order. Raises what reading them raises."""
        self.tables = {file: Table(file) for file in FILES}
        self.plan: bytes | None = None
        self.seq = 0
        for entry in entries:
            self._apply(entry)

    def _apply(self, entry: history.Entry) -> None:
        self.seq = entry["seq"]
        for kind_name, changed in entry["records"].items():
            if kind_name == "plan":
                self.plan = changed["plan"].encode("utf-8", "surrogateescape")
                continue
            kind = KINDS[kind_name]
            table = self.tables[kind.file]
            table.seq = self.seq
            rows = table.sections[kind.section].lines
            for key, record in changed.items():
                if record is None:
                    rows.pop(key, None)
                else:
                    rows[key] = encode(record)

    def transaction(self) -> Transaction:
        """The state as something to read."""
        return Transaction(self.tables.__getitem__, lambda: self.plan, clock.now(), self.seq)


def recover(project: Project, view: View, mirror: Mirror, notice: Callable[[str], None]) -> Gate:
    """Rebuild whatever differs from the history, and return the new gate. The lock is held.

    Nothing is deleted: a torn history line, and a file that neither ATLAS nor a crash explains, go to the folder
    `aside` and are told to `notice`. Raises StateError when the history itself cannot be trusted.
    """
    old = Gate.parse(disk.read_bytes(project.gate))
    length = history.size(project.history)
    if old is not None and length < old.history:
        raise StateError(
            f"{project.history} is {old.history - length} bytes shorter than the last commit left it: "
            "run `atlas doctor --repair`"
        )
    _move_torn_line_aside(project, notice)
    replay = Replay(history.entries(project.history))
    contents = _contents(project, replay, old, view)
    for name, data in contents.items():
        _put_file(project, name, data, old, notice)
    gate = Gate(replay.seq, history.size(project.history), {name: fingerprint(d) for name, d in contents.items()})
    if replay.seq:
        mirror(project, replay.transaction())
        os.replace(disk.write_temp(project.gate, gate.render()), project.gate)
    return gate


def _contents(project: Project, replay: Replay, old: Gate | None, view: View) -> dict[str, bytes]:
    """What each file should hold. A file the history says nothing of is not among them, unless one is there."""
    contents = {}
    for file, table in replay.tables.items():
        if table.seq or os.path.lexists(os.path.join(project.claude, file)):
            contents[file] = table.render().encode()
    if replay.plan is not None:
        on_disk = disk.read_bytes(project.plan)
        behind = old is not None and old.history < history.size(project.history)
        contents[PLAN_FILE] = replay.plan if on_disk is None or behind else on_disk
    if replay.seq:
        contents[EXEC_FILE] = view(replay.transaction())
    return contents


def _put_file(project: Project, name: str, data: bytes, old: Gate | None, notice: Callable[[str], None]) -> None:
    path = os.path.join(project.claude, name)
    found = disk.read_bytes(path)
    if found == data:
        return
    disk.private_folder(project.claude)
    if found is None:
        notice(f"{name} was missing and has been rebuilt from the history")
    elif name != EXEC_FILE and not (old is not None and old.matches(name, found)):
        kept = keep_aside(project, name, found)
        notice(f"{name} was changed by hand or damaged: rebuilt from the history, the found text is kept as {kept}")
    os.replace(disk.write_temp(path, data), path)


def _move_torn_line_aside(project: Project, notice: Callable[[str], None]) -> None:
    """A line without its newline was never acknowledged; it would merge with the next one."""
    torn = history.torn_bytes(project.history)
    if not torn:
        return
    with open(project.history, "rb+") as file:
        end = file.seek(-torn, os.SEEK_END)
        kept = keep_aside(project, "history-torn", file.read())
        file.truncate(end)
        os.fsync(file.fileno())
    notice(f"an unfinished change was found at the end of the history and kept as {kept}")


def keep_aside(project: Project, name: str, data: bytes) -> str:
    """Save bytes under a new name in the folder `aside`; returns the path."""
    disk.private_folder(project.aside)
    stem = os.path.join(project.aside, f"{clock.compact(clock.now())}-{name}")
    path, number = stem, 1
    while os.path.lexists(path):
        number += 1
        path = f"{stem}.{number}"
    os.replace(disk.write_temp(path, data), path)
    return path
