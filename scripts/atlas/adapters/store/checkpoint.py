"""The checkpoint: the small file, renamed into place last, that says what one consistent state consists of."""

from __future__ import annotations

import json
import zlib
from typing import Any

from atlas.core.errors import NewerStateError
from atlas.core.records.kinds import STATE_VERSION


class Checkpoint:
    """What the last commit left: sequence number, history size, and (bytes, checksum) of every file.

    `version` is that of the files: what is made here has the version of now, what is read may have an older one.
    """

    __slots__ = ("files", "history", "seq", "version")

    def __init__(self, seq: int = 0, history: int = 0, files: dict[str, list[int]] | None = None) -> None:
        self.seq, self.history, self.files = seq, history, files or {}
        self.version = STATE_VERSION

    def matches(self, name: str, data: bytes | None) -> bool:
        """Whether `data` is what the last commit wrote to the file `name`."""
        return data is not None and self.files.get(name) == fingerprint_bytes(data)

    def render(self) -> bytes:
        """The checkpoint as JSON, sealed against being edited by hand."""
        value = {"version": STATE_VERSION, "seq": self.seq, "history": self.history, "files": self.files}
        return json.dumps({**value, "seal": _seal_value(value)}, sort_keys=True).encode()

    @classmethod
    def parse(cls, data: bytes | None) -> Checkpoint | None:
        """The checkpoint, or None when it is missing or damaged. Raises NewerStateError when a newer ATLAS wrote it."""
        try:
            value = json.loads(data or b"")
            if value["version"] > STATE_VERSION:
                raise NewerStateError("the gate", value["version"], STATE_VERSION)
            if value.pop("seal") != _seal_value(value):
                return None
            checkpoint = cls(value["seq"], value["history"], value["files"])
            checkpoint.version = int(value["version"])
            return checkpoint
        except (ValueError, KeyError, TypeError):
            return None


def _seal_value(value: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(value, sort_keys=True).encode())


def fingerprint_bytes(data: bytes) -> list[int]:
    """Length and checksum of a file's bytes."""
    return [len(data), zlib.crc32(data)]
