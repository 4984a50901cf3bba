"""What an agent is told of the checks that ATLAS ran."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.core.records.plan import Module
from atlas.core.records.rows import (
    COULD_NOT_RUN,
    FAILED,
    FAILS_ON_BASE,
    FLAKY,
    PASSED,
    Check,
    EvidenceContents,
    Finding,
    ReviewContents,
)
from atlas.core.text import mark_lines, number_items, one_line, printable_text

_LONGEST_OUTPUT = 50_000


_OUTCOMES = {
    PASSED: "passed",
    FAILED: "failed",
    COULD_NOT_RUN: "could not run",
    FLAKY: "flaky",
    FAILS_ON_BASE: "failed, as on the base",
}


def stop_text(stopped: str) -> str:
    """How a command ended that was `stopped`: at a limit, or with the helper that it ran under."""
    return "was stopped: its helper was killed" if stopped == "killed" else f"was stopped at its limit of {stopped}"


def check_lines(check: Check) -> list[str]:
    """A check as it ran and what it came to; when it did not pass, with the end of what it printed."""
    code = "no exit code" if check["exit_code"] is None else f"exit code {check['exit_code']}"
    passed = check["exit_code"] == 0 and check.get("outcome", PASSED) == PASSED
    outcome = _OUTCOMES[check["outcome"]] if "outcome" in check else ("passed" if passed else "failed")
    before = f", as on {check['cached_at']} on the same tree" if check.get("cached_at") else ""
    why = f": {one_line(check['why'] or '', 300)}" if check.get("why") else ""
    first = check.get("first")
    failed = first if first and first["exit_code"] != 0 else check
    if check.get("quarantined_by"):
        why += f"; it is in quarantine: {one_line(check['quarantined_by'] or '', 150)}"
    shown = [] if passed else failed["output_tail"].splitlines()[-15:]
    return [
        f"{one_line(check['command'])}: {outcome}, {code}, {check['seconds']} s{before}{why}",
        *(f"  | {printable_text(line)}" for line in shown),
    ]


def failed_body(module: Module, evidence: EvidenceContents, branch: str) -> str:
    """Tells an agent which checks did not pass, with the end of their output."""
    failures = [check for check in evidence["checks"] if check.get("outcome") != PASSED]
    lines = ["\n".join(check_lines(check)) for check in failures]
    where = f"ATLAS merged your commit {evidence['commit'][:12]} with {branch} and ran the checks of {module['id']}"
    ran = number_items(f"{where} on a fresh clone of that. These did not pass", lines)
    return f"{ran[:_LONGEST_OUTPUT]}\n\nMend it, then: atlas report {module['id']} done"


def conflict_body(module: Module, branch: str, files: Sequence[str]) -> str:
    """Tells an agent with which files its work conflicts, and how to resolve that."""
    return (
        number_items(
            f"{module['id']} conflicts with {branch}, so that no check could run, in",
            [one_line(file) for file in files[:50]],
        )
        + f"\n\nResolve it in your workspace (git merge {branch}), run the checks, commit, then: "
        f"atlas report {module['id']} done"
    )


def unmet_body(module: Module, found: Sequence[ReviewContents]) -> str:
    """Tells an agent which criteria its work does not meet, by the words of reviews, which are data."""
    said = [finding_text(one, review) for review in found for one in review["criteria"] if not one["met"]]
    listed = number_items(f"The checks of {module['id']} pass. A review found criteria that are not met", said)
    return f"{listed[:_LONGEST_OUTPUT]}\n\nMend it and commit, then: atlas report {module['id']} done"


def finding_text(one: Finding, review: ReviewContents) -> str:
    """What a reviewer found about a criterion, behind marks."""
    verdict = "met" if one["met"] else "not met"
    place = f"{one['id']} is {verdict}, says {one_line(review['by'])}, see {one_line(one['where'])}"
    said = mark_lines("\n".join(part for part in (one["text"], "" if one["met"] else review["text"]) if part))
    return f"{place}\n{said}" if said else place
