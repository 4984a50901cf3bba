"""The result of checking everything: what `doctor` answers."""

from __future__ import annotations

from typing import Literal, TypedDict


class Finding(TypedDict):
    """What a check says: `about` is the part that was checked, `mend` what to do about it, or nothing."""

    level: Literal["ok", "warning", "problem"]
    about: str
    what: str
    mend: str


class DoctorResult(TypedDict):
    """What the checks found, what was mended before them, and how many problems and warnings are left."""

    findings: list[Finding]
    mended: list[str]
    problems: int
    warnings: int
