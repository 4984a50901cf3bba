"""What an agent is told of the checks that ATLAS ran."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.core.records.plan import Module
from atlas.core.records.rows import Check
from atlas.core.text import number_items, one_line, printable_text

_LONGEST_OUTPUT = 50_000


def stop_text(stopped: str) -> str:
    """How a command ended that was `stopped`: at a limit, or with the helper that it ran under."""
    return "was stopped: its helper was killed" if stopped == "killed" else f"was stopped at its limit of {stopped}"


def check_lines(check: Check) -> list[str]:
    """A check as it ran, and, when it did not pass, the end of what it printed."""
    code = "stopped at a limit" if check["exit_code"] is None else f"exit code {check['exit_code']}"
    shown = check["output_tail"].splitlines()[-15:] if check["exit_code"] != 0 else []
    return [
        f"{one_line(check['command'])}: {code}, {check['seconds']} s",
        *(f"  | {printable_text(line)}" for line in shown),
    ]


def failed_body(module: Module, failures: Sequence[Check]) -> str:
    """Tells an agent which checks failed, with the end of their output."""
    lines = ["\n".join(check_lines(check)) for check in failures]
    ran = number_items(f"ATLAS ran the checks of {module['id']} and they did not pass", lines)
    return f"{ran[:_LONGEST_OUTPUT]}\n\nMend it, then: atlas report {module['id']} done"


def conflict_body(module: Module, branch: str, files: Sequence[str]) -> str:
    """Tells an agent with which files its work conflicts, and how to resolve that."""
    return (
        number_items(
            f"The checks of {module['id']} passed, but it conflicts with {branch} in",
            [one_line(file) for file in files[:50]],
        )
        + f"\n\nResolve it in your workspace (git merge {branch}), run the checks, commit, then: "
        f"atlas report {module['id']} done"
    )
