"""Stub."""

from __future__ import annotations

from typing import NamedTuple

from atlas.services.project.phases import require_clean_folder


class Ready(NamedTuple):
    """Stub."""

    commit: str
    untracked: list[str]


def require_ready(folder: str, branch: str | None) -> Ready:
    """Stub."""
    return Ready(require_clean_folder(folder, untracked=False), [])
