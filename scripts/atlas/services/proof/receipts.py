"""What a merge commit says of the proof of what it lands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core import text

if TYPE_CHECKING:
    from atlas.core.records.rows import EvidenceContents

    from .work import Work


def merge_message(work: Work, evidence: EvidenceContents) -> str:
    """The message of the commit that lands a module."""
    return f"Merge {work.module['id']}: {text.one_line(work.module['name'], 60)}\n"
