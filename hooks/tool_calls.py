"""What the plugin does before tool calls of whoever has a role: interrupts reach workers, and the rules are kept.

A subagent of the lead that is bound to a workspace has the gate of that. What cannot be decided is asked about.
"""

from __future__ import annotations

import os

import gate_file
import interrupt_monitor
from interrupt_monitor import Place, clean, doer, leave_facts

from atlas.core.guard import refusals, role_view, tool_call
from atlas.core.guard.decision import Decision, judge_call
from atlas.core.rules import verdicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gate_file import Gate
    from interrupt_monitor import Event

UNDECIDED = "undecided"


def main() -> None:
    """Answer one PreToolUse event on standard output; mostly with nothing."""
    interrupt_monitor.main(places, refusal)


# Interrupts


def places(event: Event) -> list[Place]:
    """The workspaces that the maker of a call works in."""
    try:
        return places_of(event, gate_file.mine())
    except Exception:  # the call is asked about, unless something critical waits here
        waiting = os.environ["ATLAS_WAITING"]
        return [Place(os.path.dirname(waiting), os.environ["ATLAS_HOME"])] if waiting else []


def places_of(event: Event, gate: Gate) -> list[Place]:
    """The same, by the gate that counts."""
    home = os.environ["ATLAS_HOME"]
    if gate["role"] == "worker":
        return [Place(one["folder"], home) for one in gate["workspaces"]]
    if not event.get("agent_id"):
        return []  # the lead's own calls are nobody's work in a workspace; its subagents are workers
    import subagents

    return [Place(one["folder"], home, led=True) for one in subagents.workspaces_of(event, gate["workspaces"])]


# Rules


def refusal(event: Event) -> Event | None:
    """The answer that keeps a call from going ahead, or None."""
    try:
        decision = decide(event, gate_file.mine())
    except Exception as error:  # whatever it is: silence would let the call through
        decision = Decision(UNDECIDED, verdicts.ASK, why_undecided(error))
    if decision is None:
        return None
    leave_decision(event, decision)
    words = refusals.refusal(decision.rule, decision.reason)
    answer = {"permissionDecision": decision.verdict, "permissionDecisionReason": words}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **answer}}


def decide(event: Event, gate: Gate) -> Decision | None:
    """What the rules come to. Raises what it may when the gate or the event is not what it should be."""
    unbound, paused = False, gate_file.is_paused(gate)
    if gate["role"] == "lead" and event.get("agent_id"):
        gate, unbound = of_subagent(event, gate)
    if paused:
        return None
    view = role_view.RoleView(gate, os.path.realpath(os.environ["ATLAS_HOME"]), unbound)
    call = tool_call.Call(text(event["tool_name"]), event["tool_input"], text(event["cwd"]), os.environ)
    decision = judge_call(view, call)
    if decision is None and call.tool in tool_call.DISPATCHING_TOOLS and view.role == "lead":
        import subagents

        subagents.leave_note(event["tool_input"], gate["workspaces"])
    return decision


def of_subagent(event: Event, gate: Gate) -> tuple[Gate, bool]:
    """The gate of a subagent of the lead: its workspace's once it is bound; and whether it has yet to be."""
    import subagents

    name = subagents.settle(event, gate["workspaces"])
    if name is None:
        return gate, event.get("agent_type") == subagents.WORKER_TYPE
    try:
        return gate_file.of_workspace(name), False
    except FileNotFoundError:  # the workspace it had was removed
        return gate, True


def text(value: object) -> str:
    """The value. Raises TypeError when it is no text."""
    if not isinstance(value, str):
        raise TypeError("the call is not what it should be")
    return value


def why_undecided(error: Exception) -> str:
    """Words for a model, or for the person who is asked."""
    what = clean(error)[:300] or type(error).__name__
    return f"it cannot be told whether this call is allowed ({what}). `atlas doctor` says what is wrong."


def leave_decision(event: Event, decision: Decision) -> None:
    """Have it counted. A disk that cannot be written changes no decision."""
    fact = {"fact": "decision", "rule": decision.rule, "verdict": decision.verdict}
    try:
        leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], [fact])
    except OSError:
        return
