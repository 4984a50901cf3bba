"""What a check of the doctor says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atlas.core.results.doctor import Finding

REPAIR = "atlas doctor --repair"


def ok(about: str, what: str) -> Finding:
    return {"level": "ok", "about": about, "what": what, "mend": ""}


def warning(about: str, what: str, mend: str) -> Finding:
    """Something to know or to tidy up; nothing is lost and nothing hindered."""
    return {"level": "warning", "about": about, "what": what, "mend": mend}


def problem(about: str, what: str, mend: str) -> Finding:
    """Something that is lost, wrong, or in the way."""
    return {"level": "problem", "about": about, "what": what, "mend": mend}


def count_things(how_many: int, what: str) -> str:
    """`1 change`, `2 changes`."""
    return f"{how_many} {what}" + ("" if how_many == 1 else "s")
