"""What the plugin does before tool calls of whoever has a role: interrupts reach workers, and the rules are kept.

A subagent of the lead that is bound to a workspace has the role view of that. What cannot be decided is asked about.
"""

from __future__ import annotations

import os

from atlas.core.guard import refusals, tool_call
from atlas.core.guard.decision import Decision, judge_call
from atlas.core.guard.role_view import RoleView
from atlas.core.rules import verdicts
from hooks import interrupt_monitor, role_view
from hooks.bare import clean, denial, doer, leave_facts
from hooks.interrupt_monitor import Workspace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hooks.bare import Event
    from hooks.role_view import View

UNDECIDED = "undecided"


def main() -> None:
    """Answer one PreToolUse event on standard output; mostly with nothing."""
    interrupt_monitor.main(find_workspaces, refuse_call)


def find_workspaces(event: Event) -> list[Workspace]:
    """The workspaces that the maker of a call works in."""
    try:
        return workspaces_in(role_view.own_view(), event)
    except Exception:  # the call is asked about, unless something critical waits here
        waiting = os.environ["ATLAS_WAITING"]
        return [Workspace(os.path.dirname(waiting), os.environ["ATLAS_HOME"])] if waiting else []


def workspaces_in(view: View, event: Event) -> list[Workspace]:
    """The same, by the view of the session."""
    home = os.environ["ATLAS_HOME"]
    if view["role"] == "worker":
        return [Workspace(one["folder"], home) for one in view["workspaces"]]
    if not event.get("agent_id"):
        return []  # the lead's own calls are nobody's work in a workspace; its subagents are workers
    from hooks import subagents  # only here, as in most projects the lead has none

    return [Workspace(one["folder"], home, led=True) for one in subagents.workspaces_of(event, view["workspaces"])]


def refuse_call(event: Event) -> Event | None:
    """The answer that keeps a call from going ahead, or None."""
    try:
        decision = judge_event(event, role_view.own_view())
    except Exception as error:  # whatever it is: silence would let the call through
        what = clean(error)[:300] or type(error).__name__
        reason = f"it cannot be told whether this call is allowed ({what}). `atlas doctor` says what is wrong."
        decision = Decision(UNDECIDED, verdicts.ASK, reason)
    if decision is None:
        return None
    leave_decision(event, decision)
    return denial(refusals.refusal_line(decision.rule, decision.reason), decision.verdict)


def judge_event(event: Event, view: View) -> Decision | None:
    """What the rules come to. Raises what it may when the view or the event is not what it should be."""
    unbound, is_paused, reviews = False, role_view.is_paused(view), False
    if view["role"] == "lead" and event.get("agent_id"):
        from hooks import subagents

        view, unbound = subagents.settled_view(event, view)  # while there is a pause, too: it is bound once
        reviews = subagents.is_reviewer(event)
    if is_paused and not reviews:
        return None
    known = RoleView(view, os.path.realpath(os.environ["ATLAS_HOME"]), unbound, reviews)
    call = tool_call.Call(text_of(event["tool_name"]), event["tool_input"], text_of(event["cwd"]), os.environ)
    decision = None if is_paused else judge_call(known, call)
    if decision is None and known.role == "lead" and (reviews or call.tool in tool_call.DISPATCHING_TOOLS):
        from hooks import subagents

        subagents.leave_traces(event, call, view["workspaces"])
    return decision


def text_of(value: object) -> str:
    """The value. Raises TypeError when it is no text."""
    if not isinstance(value, str):
        raise TypeError("the call is not what it should be")
    return value


def leave_decision(event: Event, decision: Decision) -> None:
    """Have it counted. A disk that cannot be written changes no decision."""
    facts = [{"fact": "decision", "rule": decision.rule, "verdict": decision.verdict}]
    try:
        leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], facts)
    except OSError:
        return
