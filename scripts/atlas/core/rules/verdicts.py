"""The rules that the guard enforces, and what each comes to."""

from __future__ import annotations

DENY, ASK, OFF = VERDICTS = ("deny", "ask", "off")

_WORKERS_SUBAGENT = "a worker that is a subagent of the lead"
RULES: dict[str, tuple[str, str, str]] = {
    "state": (DENY, "lead, workers", "writing ATLAS's own state and history directly"),
    "unbound": (DENY, _WORKERS_SUBAGENT, "writing anywhere before its first step in its workspace"),
    "plan-first": (ASK, "lead, planning", "editing source before the plan is approved"),
    "delegate": (ASK, "lead, executing", "editing what a workspace owns, or anything but documentation"),
    "dispatch": (DENY, "lead", "starting a subagent for a module that is not assigned, or that may not edit yet"),
    "outside": (DENY, "workers", "writing outside their workspace"),
    "understanding": (DENY, "workers", "editing before their understanding of the instructions is confirmed"),
    "verbs": (DENY, "lead, workers", "using verbs of ATLAS that are not theirs, or hiding who calls"),
    "git": (DENY, "workers", "forced pushes, other branches, the integration branch, other worktrees"),
}
"""For each rule its default, whom it is for, and what it is about."""


def rule_verdict(rule: str, chosen: dict[str, str]) -> str:
    """What a rule comes to, where the settings have chosen for some rules."""
    found = chosen.get(rule)
    return found if found in VERDICTS else RULES[rule][0]
