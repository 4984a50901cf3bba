"""The conflicts of pairs of commits, kept in a cache, for they never change."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from atlas.adapters.git import merge
from atlas.adapters.system import disk, process

if TYPE_CHECKING:
    from atlas.core.results.workspaces import ConflictFile, ConflictHunk
    from atlas.services.project.context import Context

Pair = tuple[str, str]
LONGEST_LIST = 20


def merge_pairs(
    context: Context, pairs: list[Pair], tips: Mapping[str, str]
) -> tuple[dict[Pair, list[ConflictFile]], int]:
    """The conflicting files of every pair that has any, and how many pairs had to be merged anew."""
    path = os.path.join(context.project.private, "cache", "conflicts.json")
    known = _read_cache(path)
    keys = {pair: f"{tips[pair[0]]} {tips[pair[1]]}" for pair in pairs}
    new = [pair for pair in pairs if keys[pair] not in known]
    merged = merge.find_conflicts(context.project.root, [(tips[one], tips[two]) for one, two in new])
    for pair, conflicts in zip(new, merged, strict=True):
        known[keys[pair]] = [
            {"path": c.path, "kind": c.kind, "hunks": [_hunk(hunk) for hunk in c.hunks[:LONGEST_LIST]]}
            for c in conflicts
        ]
    if new:
        _write_cache(path, {key: known[key] for key in keys.values()})
    return {pair: known[key] for pair, key in keys.items() if known[key]}, len(new)


def _hunk(hunk: merge.Hunk) -> ConflictHunk:
    return {"line": hunk.line, "ours": hunk.ours, "theirs": hunk.theirs}


def _read_cache(path: str) -> dict[str, list[ConflictFile]]:
    try:
        found = json.loads(disk.read_bytes(path) or b"{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _write_cache(path: str, content: dict[str, list[ConflictFile]]) -> None:
    folder = os.path.dirname(path)
    disk.make_private_folder(folder)
    for name in os.listdir(folder):
        pid = name.rpartition(".")[2]
        if pid.isdigit() and process.process_birth(int(pid)) is None:  # it was killed while it wrote
            os.unlink(os.path.join(folder, name))
    temp = f"{path}.{os.getpid()}"
    with open(os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(temp, path)
