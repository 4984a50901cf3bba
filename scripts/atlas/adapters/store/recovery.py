"""Making the tables again from the history, and what is done with whatever stood in their place.

A project of an older version is brought forward in the same way: one more line in the history says how its records are
in the form of now, and the tables are made again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from atlas.adapters.system import disk
from atlas.adapters.system.exclude import exclude_from_commits
from atlas.core import clock
from atlas.core.errors import NewerStateError, StateError
from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project
from atlas.core.records import migration
from atlas.core.records.events import event_of
from atlas.core.records.kinds import FILES, STATE_VERSION

from . import log
from .checkpoint import Checkpoint, fingerprint_bytes
from .replay import Replay, record_faults
from .tables import Table
from .transaction import Transaction

View = Callable[[Transaction], bytes]
"""Renders the file that people read."""
Reflect = Callable[[], list[str]]
Projections = Callable[[Project, Transaction], Reflect]
"""Makes the files that hooks look at equal to the records."""


def recover_state(project: Project, view: View, projections: Projections, notice: Callable[[str], None]) -> Checkpoint:
    """Rebuild whatever differs from the history, and return the new checkpoint. The lock is held.

    Nothing is deleted: a torn history line, and a file that neither ATLAS nor a crash explains, go to the folder
    `aside` and are told to `notice`. What an older ATLAS wrote is brought forward. Raises StateError when the history
    itself cannot be trusted, or a newer ATLAS wrote something.
    """
    old = Checkpoint.parse(disk.read_bytes(project.checkpoint))
    length = log.history_size(project.history)
    if old is not None and length < old.history:
        raise StateError(
            f"{project.history} is {old.history - length} bytes shorter than the last commit left it: "
            "run `atlas doctor --repair`"
        )
    replay = Replay(log.read_entries(project.history))
    newest = _newest_change(project, old)
    if replay.seq < newest:
        raise StateError(
            f"{project.history} ends at change {replay.seq}, the state is at change {newest}: "
            "run `atlas doctor --repair`"
        )
    _move_torn_line_aside(project, notice)
    line = _migration_line(replay) if 0 < replay.version < STATE_VERSION else b""
    faults = record_faults(replay)
    if faults:  # shown all the same: nothing else is known of it
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        notice(f"the history holds a record that breaks its schema: {faults[0]}{more}; see `atlas doctor`")
    return rebuild_files(project, replay, old, view, projections, notice, line)


def _migration_line(replay: Replay) -> bytes:
    """The line that brings the state of an older version forward; `replay` has it applied."""
    seq = replay.seq + 1
    done = [event_of("StateMigrated", {"before": replay.version, "now": STATE_VERSION})]
    line = log.encode_entry(seq, clock.current_time(), migration.ACTOR, migration.VERB, replay.new_forms(), done)
    replay.apply(log.decode_entry(line, seq))
    return line


def _newest_change(project: Project, checkpoint: Checkpoint | None) -> int:
    """The number of the last change that the checkpoint shows, or without a checkpoint the tables.

    Raises NewerStateError when a newer ATLAS wrote a table.
    """
    shown = [0]
    for file in FILES:
        data = disk.read_bytes(os.path.join(project.claude, file))
        try:
            shown.append(Table.parse(file, data or b"").seq)
        except NewerStateError:
            raise
        except StateError:
            continue
    return max(shown) if checkpoint is None else checkpoint.seq


def rebuild_files(
    project: Project,
    replay: Replay,
    old: Checkpoint | None,
    view: View,
    projections: Projections,
    notice: Callable[[str], None],
    line: bytes = b"",
) -> Checkpoint:
    """Make every file what `replay` says, the checkpoint last, and return the checkpoint. The lock is held.

    A file that `old` does not vouch for goes to the folder `aside` before it is replaced. `line` is added to the
    history once all that can fail is written beside its place: a full disk fails before the history has it.
    """
    contents = _file_contents(project, replay, old, view)
    known = contents if replay.plan is None else {**contents, PLAN_FILE: replay.plan}
    size = log.history_size(project.history)
    checkpoint = Checkpoint(
        replay.seq, size + len(line), {name: fingerprint_bytes(data) for name, data in known.items()}
    )
    temps = _prepare_files(project, contents, checkpoint if replay.seq else None, exclude=bool(line))
    if line:
        append_line(project, line, size, temps)
    for name in contents:
        path = os.path.join(project.claude, name)
        if path in temps:
            _put_file(project, name, temps[path], old, notice)
    if replay.seq:
        for trouble in projections(project, replay.transaction())():
            notice(trouble)
        _clear_the_way(project, project.checkpoint, notice)
        _keep_nonsense_checkpoint(project, notice)
        os.replace(temps[project.checkpoint], project.checkpoint)
    return checkpoint


def append_line(project: Project, line: bytes, size: int, temps: dict[str, str]) -> None:
    """Add a line to the history of `size` bytes; when that fails, what was written beside its place goes.

    Raises OSError and StateError as `log.append_line` does.
    """
    try:
        log.append_line(project.history, line, size)
    except (OSError, StateError):
        discard_temps(temps)
        raise


def _prepare_files(
    project: Project, contents: dict[str, bytes], checkpoint: Checkpoint | None, exclude: bool
) -> dict[str, str]:
    """Write what files do not hold yet, and the checkpoint, beside their places; with `exclude` hide them from git."""
    wanted = {os.path.join(project.claude, name): data for name, data in contents.items()}
    new = {path: data for path, data in wanted.items() if not os.path.isfile(path) or disk.read_bytes(path) != data}
    if checkpoint is not None:
        new[project.checkpoint] = checkpoint.render()
    if new:
        disk.make_private_folder(project.claude)
    if exclude:
        exclude_from_commits(project.common)
    return write_temps(new)


def write_temps(contents: dict[str, bytes]) -> dict[str, str]:
    """Write what each path is to hold beside it; returns the names. When one fails, none is left: raises OSError."""
    temps: dict[str, str] = {}
    try:
        for path, data in contents.items():
            temps[path] = disk.write_temp(path, data, synced=path.endswith(PLAN_FILE))
    except OSError:
        discard_temps(temps)
        raise
    return temps


def discard_temps(temps: dict[str, str]) -> None:
    """Remove what was written beside its place."""
    for temp in temps.values():
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temp)


def _file_contents(project: Project, replay: Replay, old: Checkpoint | None, view: View) -> dict[str, bytes]:
    """What each file should hold. A file the history says nothing of is not among them, unless one is there."""
    contents = {}
    for file, table in replay.tables.items():
        if table.seq or os.path.lexists(os.path.join(project.claude, file)):
            contents[file] = table.render()
    if replay.plan is not None:
        on_disk = disk.read_bytes(project.plan)
        behind = old is not None and old.seq < replay.plan_seq
        contents[PLAN_FILE] = replay.plan if on_disk is None or behind else on_disk
    if replay.seq:
        contents[EXEC_FILE] = view(replay.transaction())
    return contents


def _put_file(project: Project, name: str, temp: str, old: Checkpoint | None, notice: Callable[[str], None]) -> None:
    path = os.path.join(project.claude, name)
    _clear_the_way(project, path, notice)
    found = disk.read_bytes(path)
    if found is None and (old is None or name in old.files):
        notice(f"{name} was missing and has been rebuilt from the history")
    elif found is not None and name != EXEC_FILE and not (old is not None and old.matches(name, found)):
        kept = keep_aside(project, name, found)
        notice(f"{name} was changed by hand or damaged: rebuilt from the history, the found text is kept as {kept}")
    os.replace(temp, path)


def _keep_nonsense_checkpoint(project: Project, notice: Callable[[str], None]) -> None:
    data = disk.read_bytes(project.checkpoint)
    if data and Checkpoint.parse(data) is None:
        notice(
            f"the gate was damaged and has been written anew, the found text is kept as "
            f"{keep_aside(project, 'gate.json', data)}"
        )


def _move_torn_line_aside(project: Project, notice: Callable[[str], None]) -> None:
    """A line without its newline was never acknowledged; it would merge with the next one."""
    torn = log.torn_bytes(project.history)
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
    path = _free_name(project, name)
    # What it saves is cut off or replaced next, so it has to survive a power loss.
    os.replace(disk.write_temp(path, data, synced=True), path)
    disk.sync_folder(project.aside)
    return path


def _clear_the_way(project: Project, path: str, notice: Callable[[str], None]) -> None:
    """A folder, or whatever else is no file, goes aside as it is."""
    if os.path.isfile(path) or os.path.islink(path) or not os.path.lexists(path):
        return
    import shutil  # slow to import, and hardly ever needed

    kept = shutil.move(path, _free_name(project, os.path.basename(path)))
    notice(f"{os.path.basename(path)} was no file: what stood in its place is kept as {kept}")


def _free_name(project: Project, name: str) -> str:
    disk.make_private_folder(project.aside)
    stem = os.path.join(project.aside, f"{clock.compact_time(clock.current_time())}-{name}")
    path, number = stem, 1
    while os.path.lexists(path):
        number += 1
        path = f"{stem}.{number}"
    return path
