"""Small caches as JSON files: nothing is lost with them, so none is ever a reason to fail."""

from __future__ import annotations

import json
import os
from typing import Any

from . import disk, process


def read_cache(path: str) -> dict[str, Any]:
    """What a cache holds; nothing where it is missing or damaged."""
    try:
        found = json.loads(disk.read_bytes(path) or b"{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def write_cache(path: str, content: dict[str, Any]) -> None:
    """Give a cache its content; of two who write at once the later wins. What a killed writer left is taken away."""
    folder = os.path.dirname(path)
    disk.make_private_folder(folder)
    for name in os.listdir(folder):
        pid = name.rpartition(".")[2]
        if pid.isdigit() and process.process_birth(int(pid)) is None:
            os.unlink(os.path.join(folder, name))
    temp = f"{path}.{os.getpid()}"
    with open(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(temp, path)
