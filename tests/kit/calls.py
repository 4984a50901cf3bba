"""Tool calls of sessions and subagents, put before the literal hook command, and what comes of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .caller import Caller
from .team import LEAD, Team

BOUND = 10.0
"""Seconds: the hook's own limit, at which the client lets a call through."""


class Verdict(NamedTuple):
    """`deny`, `ask`, or `allow` where nothing is said; the rule, and the words."""

    verdict: str
    rule: str = ""
    words: str = ""


FREE = Verdict("allow")


def judged(caller: Caller, tool: str, env: Mapping[str, str] | None = None, **arguments: Any) -> Verdict:
    """What the hook says of a call."""
    return verdict_of(caller.fire("PreToolUse", event(caller, tool, **arguments), env, tool))


def event(caller: Caller, tool: str, **arguments: Any) -> bytes:
    """The event of a call as the client writes it."""
    call = {"tool_name": tool, "tool_input": arguments, "tool_use_id": "toolu_1"}
    return json.dumps({**caller.common, "hook_event_name": "PreToolUse", **call}).encode()


def verdict_of(done: subprocess.CompletedProcess[bytes]) -> Verdict:
    """An answer as every client takes it. Raises AssertionError when it is none: it would let the call through."""
    assert done.returncode == 0, done.stderr
    if not done.stdout:
        return FREE
    said = json.loads(done.stdout)["hookSpecificOutput"]
    assert said["hookEventName"] == "PreToolUse"
    words = said["permissionDecisionReason"]
    return Verdict(said["permissionDecision"], words.partition("`")[2].partition("`")[0], words)


def write(caller: Caller, path: Path) -> Verdict:
    """What the hook says when a file is to be written."""
    return judged(caller, "Write", file_path=str(path), content="x")


def lead(team: Team) -> Caller:
    return Caller(team.root, session=LEAD)


def worker(team: Team, module: str = "api") -> Caller:
    """A session in a module's workspace."""
    return Caller(team.workspace(module), session="worker-1")


def subagent(team: Team, kind: str = "atlas:worker", name: str = "a0b1c2") -> Caller:
    """A subagent in the lead's session."""
    return Caller(team.root, session=LEAD, agent=name, agent_type=kind)


def task_of(team: Team, module: str) -> str:
    """The id of a module's assignment."""
    gate = json.loads((team.atlas / f"gates/workspaces/{module}-ws").read_bytes())
    return str(gate["workspaces"][0]["task"])


def dispatch(team: Team, module: str, kind: str = "atlas:worker") -> Verdict:
    """What the hook says when the lead starts a subagent for a module."""
    return judged(lead(team), "Agent", prompt=f"Do {task_of(team, module)}.", subagent_type=kind, description="x")
