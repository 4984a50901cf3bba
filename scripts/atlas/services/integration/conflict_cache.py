"""The conflicts of pairs of commits, kept in a cache, for they never change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from atlas.adapters.git import merge
from atlas.adapters.system import disk

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
    known: dict[str, list[ConflictFile]] = disk.read_cache(path)
    keys = {pair: f"{tips[pair[0]]} {tips[pair[1]]}" for pair in pairs}
    new = [pair for pair in pairs if keys[pair] not in known]
    merged = merge.find_conflicts(context.project.root, [(tips[one], tips[two]) for one, two in new])
    for pair, conflicts in zip(new, merged, strict=True):
        known[keys[pair]] = [
            {"path": c.path, "kind": c.kind, "hunks": [_hunk(hunk) for hunk in c.hunks[:LONGEST_LIST]]}
            for c in conflicts
        ]
    if new:
        disk.write_cache(path, {key: known[key] for key in keys.values()})
    return {pair: known[key] for pair, key in keys.items() if known[key]}, len(new)


def _hunk(hunk: merge.Hunk) -> ConflictHunk:
    return {"line": hunk.line, "ours": hunk.ours, "theirs": hunk.theirs}
