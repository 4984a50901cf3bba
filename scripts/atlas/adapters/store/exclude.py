"""Keeping what ATLAS writes out of the user's commits: `info/exclude`, which is theirs alone and never committed."""

from __future__ import annotations

import os

from . import disk

_HEAD = "# ATLAS: state of the orchestration, kept out of commits"
_PATTERNS = (
    "/.claude/.*.atlas-tmp",
    "/.claude/MISSION_CONTEXT.json",
    "/.claude/WORKFLOW_STATE.json",
    "/.claude/PHASE_PROGRESS.json",
    "/.claude/PARALLEL_STATUS.json",
    "/.claude/DISCOVERIES.json",
    "/.claude/MESSAGES.json",
    "/.claude/orchestrator-plan-phase.local.md",
    "/.claude/orchestrator-exec-phase.local.md",
)


def exclude_from_commits(common: str) -> None:
    """Add what is missing of ATLAS's patterns to git's `info/exclude`. What others wrote there stays."""
    path = os.path.join(common, "info", "exclude")
    found = (disk.read_bytes(path) or b"").decode("utf-8", "surrogateescape")
    present = set(found.splitlines())
    missing = [pattern for pattern in _PATTERNS if pattern not in present]
    if not missing:
        return
    head = [] if _HEAD in present else [_HEAD]
    text = found + ("\n" if found and not found.endswith("\n") else "") + "\n".join([*head, *missing]) + "\n"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.replace(disk.write_temp(path, text.encode("utf-8", "surrogateescape")), path)
