"""Starting and ending agents' sessions, as text."""

from __future__ import annotations

from typing import Any

from atlas.core.wording import printable

Result = dict[str, Any]


def launched(result: Result) -> str:
    """How to start it, or what was started and what it waits for."""
    if result["mode"] == "print":
        return (
            f"In a terminal:\n  {result['command']}\n"
            f"Or as a subagent of type {result['subagent_type']}, with this prompt:\n"
            + "\n".join("  " + line for line in result["prompt"].splitlines())
        )
    process = result["process"]
    lines = [f"{result['agent']} was started ({result['mode']}, process {process['pid']}) in {result['workspace']}"]
    if process["tmux"]:
        lines.append(f"Attach with: tmux attach -t {process['tmux']}")
    if result["waiting_at"] is not None:
        lines += ["It has not begun. It may be waiting for an answer; its screen shows:"]
        lines += ["  | " + printable(line) for line in result["waiting_at"].splitlines()]
    return "\n".join(lines)


def stopped(result: Result) -> str:
    """What was ended."""
    if not result["ended"]:
        return f"{result['agent']} has no session that ATLAS started"
    return "\n".join(
        f"{one['workspace']}: process {one['pid']} {'was ended' if one['was_running'] else 'had ended already'}"
        for one in result["ended"]
    )
