"""What a whole proof comes to, from what its checks came to."""

from __future__ import annotations

from collections.abc import Iterable

from atlas.core.records.rows import COULD_NOT_RUN, FAILED, FAILS_ON_BASE, FLAKY, PASSED, Check

_WORST_FIRST = (FAILED, FAILS_ON_BASE, FLAKY, COULD_NOT_RUN)


def proof_outcome(checks: Iterable[Check]) -> str:
    """The worst of what the checks came to; a flaky one that is in quarantine stands in nobody's way."""
    found = {check["outcome"] for check in checks if not check.get("quarantined_by")}
    return next((outcome for outcome in _WORST_FIRST if outcome in found), PASSED)
