"""Sessions as text: starting and ending those of agents, what those that ended held, and lifted gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import printable_text, quote_under

if TYPE_CHECKING:
    from atlas.core.records.plan import Pause
    from atlas.core.results.project import PauseResult
    from atlas.core.results.sessions import LaunchResult, StopAgentResult
    from atlas.core.results.status import Incomplete, Unattended


def render_launch(result: LaunchResult) -> str:
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
        lines += ["  | " + printable_text(line) for line in result["waiting_at"].splitlines()]
    return "\n".join(lines)


def render_stop(result: StopAgentResult) -> str:
    """What was ended."""
    if not result["ended"]:
        return f"{result['agent']} has no session that ATLAS started"
    return "\n".join(
        f"{one['workspace']}: process {one['pid']} {'was ended' if one['was_running'] else 'had ended already'}"
        for one in result["ended"]
    )


def render_pause(result: PauseResult) -> str:
    """What became of the gates."""
    if result["paused"] is not None:
        return f"{pause_line(result['paused'])}\nPut them back with: atlas pause --off"
    return "The gates are back." if result["before"] is not None else "The gates were not lifted."


def pause_line(record: Pause) -> str:
    """Gates that are lifted, and, marked, why."""
    until = record["until"] or "a person puts them back"
    return quote_under(f"The gates are lifted until {until}", record["reason"])


def unattended_line(one: Unattended) -> str:
    """What a session that ended held, and how somebody comes to it again, in a line."""
    if one["agent"] is None:
        return f"the lead: session {one['session']} ended at {one['since']}; /atlas-lead in another one takes over"
    held = f"{one['agent']} with {', '.join(one['modules'])}: session {one['session']} ended at {one['since']}"
    return f"{held}; `atlas launch {one['agent']}` or `atlas reassign`"


def incomplete_line(one: Incomplete) -> str:
    """A session that was let go before its time, and why."""
    return f"{one['agent'] or 'the lead'}: session {one['session']} at {one['at']}: {printable_text(one['reason'])}"
