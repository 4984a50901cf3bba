"""Keeping what ATLAS writes out of the user's commits: `info/exclude`, which is theirs alone and never committed."""

from __future__ import annotations

import os
import re

from . import disk

_HEAD = "# ATLAS: state of the orchestration, kept out of commits"
_PATTERNS = (
    "/.claude/.*.atlas-tmp",
    "/.claude/MISSION_CONTEXT.json",
    "/.claude/WORKFLOW_STATE.json",
    "/.claude/PHASE_PROGRESS.json",
    "/.claude/PARALLEL_STATUS.json",
    "/.claude/REPORTS.json",
    "/.claude/EVIDENCE.json",
    "/.claude/DISCOVERIES.json",
    "/.claude/MESSAGES.json",
    "/.claude/orchestrator-plan-phase.local.md",
    "/.claude/orchestrator-exec-phase.local.md",
    "/.claude/handoffs/",
    "/.claude/receipts/",
    "/.claude/tools/orchestration.py",
    "/.claude/workspaces",
    "/.claude/worktrees/",
    "/.claude/WORKER_CONTEXT.json",
    "/.claude/checks.sh",
    "/.claude/settings.local.json",
    "/.claude/hooks/interrupt_monitor.py",
    "/.claude/hooks/__pycache__/interrupt_monitor.*",
    "/.INTERRUPT",
    "/..INTERRUPT.atlas-tmp",
)
_SPECIAL = re.compile(r"([\\*?\[\]#! ])")


def missing_patterns(common: str) -> list[str]:
    """ATLAS's patterns that git's `info/exclude` lacks."""
    present = _read_text(_exclude_file(common)).splitlines()
    return [pattern for pattern in _PATTERNS if pattern not in present]


def exclude_from_commits(common: str) -> None:
    """Add what is missing of ATLAS's patterns to git's `info/exclude`. What others wrote there stays."""
    _add_patterns(common, missing_patterns(common))


def exclude_path(common: str, path: str) -> None:
    """Add a file, by its path in a work tree. The store's lock is held."""
    pattern = f"/{escape_pattern(path)}"
    if pattern not in _read_text(_exclude_file(common)).splitlines():
        _add_patterns(common, [pattern])


def escape_pattern(path: str) -> str:
    """The pattern that matches this path and no other."""
    return _SPECIAL.sub(r"\\\1", path)


def _add_patterns(common: str, missing: list[str]) -> None:
    if not missing:
        return
    path = _exclude_file(common)
    found = _read_text(path)
    head = [] if _HEAD in found.splitlines() else [_HEAD]
    text = found + ("\n" if found and not found.endswith("\n") else "") + "\n".join([*head, *missing]) + "\n"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.replace(disk.write_temp(path, text.encode("utf-8", "surrogateescape")), path)


def _exclude_file(common: str) -> str:
    return os.path.join(common, "info", "exclude")


def _read_text(path: str) -> str:
    return (disk.read_bytes(path) or b"").decode("utf-8", "surrogateescape")
