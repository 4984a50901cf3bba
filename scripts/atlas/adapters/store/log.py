"""The history: one line for each transaction, checksummed and synced. It is the truth and the write-ahead log.

A line is `{"v", "seq", "at", "actor", "verb", "records": {kind: {key: record or null}}, "events": [event], "crc"}`,
where the checksum covers every byte before `,"crc"`. Lines are never changed or removed; those of version 1 have no
events.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from atlas.adapters.system.disk import sync_folder, write_all
from atlas.core.errors import STANDS, NewerStateError, StateError
from atlas.core.records.kinds import STATE_VERSION

if TYPE_CHECKING:
    from atlas.core.records.events import Emitted

Entry = dict[str, Any]
_MARK = b',"crc":"'
_TAIL = len(_MARK) + 8 + len('"}\n')
_LATEST = 65_536  # bytes: some dozens of changes, read at once


def encode_entry(
    seq: int,
    at: str,
    actor: Any,
    verb: str,
    records: dict[str, dict[str, str | None]],
    events: Sequence[Emitted] = (),
) -> bytes:
    """One history line. `records` holds the new text of every changed record, or None for a removed one; `events` say
    what was done."""
    kinds = ",".join(
        f'"{kind}":{{' + ",".join(f'"{key}":{text or "null"}' for key, text in changed.items()) + "}"
        for kind, changed in records.items()
    )
    head = json.dumps({"v": STATE_VERSION, "seq": seq, "at": at, "actor": actor, "verb": verb}, separators=(",", ":"))
    told = json.dumps(list(events), separators=(",", ":"))
    line = f'{head[:-1]},"records":{{{kinds}}},"events":{told}'.encode()
    return line + _MARK + f'{zlib.crc32(line):08x}"}}\n'.encode()


def plan_change(data: bytes) -> dict[str, str | None]:
    """The plan's bytes as what `records` holds of them under `plan`."""
    return {"plan": json.dumps(data.decode("utf-8", "surrogateescape"))}


def decode_entry(line: bytes, number: int) -> Entry:
    """The entry of one complete line, the `number`-th. Raises StateError, naming the line, when it is damaged."""
    body, tail = line[:-_TAIL], line[-_TAIL:]
    if tail != _MARK + f'{zlib.crc32(body):08x}"}}\n'.encode():
        raise StateError(f"history line {number} is damaged (its checksum does not match): see `atlas doctor`")
    entry: Entry = json.loads(line)
    if entry["v"] > STATE_VERSION:
        raise NewerStateError(f"history line {number}", entry["v"], STATE_VERSION)
    return entry


def append_line(path: str, line: bytes, size: int) -> None:
    """Add a line to the history of `size` bytes and sync it. When that fails, the file is as it was: raises OSError.

    Raises StateError, with an exit code of its own, when it is not known whether the disk holds the line.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        try:
            write_all(handle, line)
            os.fsync(handle)
            # A new file survives a power loss only when the folders that name it are synced, too.
            if size == 0:
                sync_folder(os.path.dirname(path))
                sync_folder(os.path.dirname(os.path.dirname(path)))
        except OSError as error:
            _take_back(handle, path, size, error)
            raise
    finally:
        os.close(handle)


def _take_back(handle: int, path: str, size: int, error: OSError) -> None:
    """Cut off what was written after `size`: half a line would make every reader stop there. The lock is held."""
    try:
        os.ftruncate(handle, size)
        # A sync that failed may have brought the line to disk: after a power loss it would be there again.
        os.fsync(handle)
    except OSError as worse:
        raise StateError(
            f"{path}: {error.strerror}; the change could not be taken back for certain ({worse.strerror}): "
            "look with `atlas history` whether it is there before you repeat it",
            exit_code=STANDS,
        ) from worse


def history_size(path: str) -> int:
    """Bytes in the history; 0 when there is none."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def read_entries(path: str) -> Iterator[Entry]:
    """Every complete line in order; a torn last one (no newline) is left out.

    Raises StateError at a damaged line and at a gap in the sequence.
    """
    if history_size(path) == 0:
        return
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            entry = decode_entry(line, number)
            if entry["seq"] != number:
                raise StateError(f"history line {number} has sequence number {entry['seq']}: see `atlas doctor`")
            yield entry


def last_entry_of(path: str, session: str) -> Entry | None:
    """The last change that was made from a session, if it is among the latest ones; damaged lines are passed over."""
    total = history_size(path)
    if total == 0:
        return None
    with open(path, "rb") as file:
        file.seek(max(0, total - _LATEST))
        lines = file.read().splitlines(keepends=True)
    for line in reversed(lines):
        if f'"session":"{session}"'.encode() in line:
            with contextlib.suppress(StateError):
                entry = decode_entry(line, 0)
                if entry["actor"] and entry["actor"]["session"] == session:
                    return entry
    return None


def torn_bytes(path: str) -> int:
    """How many bytes stand after the last newline: what a write that was cut short left behind."""
    total = history_size(path)
    if total == 0:
        return 0
    with open(path, "rb") as file:
        position, kept = total, b""
        while position > 0:
            step = min(65536, position)
            position -= step
            file.seek(position)
            kept = file.read(step)
            newline = kept.rfind(b"\n")
            if newline >= 0:
                return total - (position + newline + 1)
    return total
