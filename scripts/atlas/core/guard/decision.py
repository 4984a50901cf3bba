"""What a session with a role may do with a tool: pure decisions by the rules, from a small view of the state.

What a shell command does is a guess (`programs`, `writes`, `git_calls`): authority stays in the services, and an edit
that slips through is not evidence. It is read in a hook, so it imports next to nothing.
"""

from __future__ import annotations

from atlas.core.rules import verdicts
from atlas.core.verbs import LEAD

from . import refusals
from .edit_rules import broken_by_edits
from .role_view import RoleView
from .targets import Target
from .tool_call import DISPATCHING_TOOLS, Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WORKER_SUBAGENT = "atlas:worker"
_TASK = "task-"
_UNDERSTANDING = "[UNDERSTANDING]"
_HEX = frozenset("0123456789abcdef")


class Decision:
    """A rule that applies, what it comes to (`deny` or `ask`), and why, in words for a model."""

    __slots__ = ("reason", "rule", "verdict")

    def __init__(self, rule: str, verdict: str, reason: str) -> None:
        self.rule, self.verdict, self.reason = rule, verdict, reason


def judge_call(view: RoleView, call: Call) -> Decision | None:
    """The strictest rule that applies to a call, or None when it may go ahead.

    Raises Unclear when what the call does cannot be told at a reasonable cost.
    """
    asked = None
    for rule, why in _broken_by_call(view, call):
        verdict = verdicts.rule_verdict(rule, view.rules)
        decision = Decision(rule, verdict, why)
        if verdict == verdicts.DENY:
            return decision
        if verdict == verdicts.ASK and asked is None:
            asked = decision
    return asked


def _broken_by_call(view: RoleView, call: Call) -> Iterator[tuple[str, str]]:
    """The rules that a call breaks, and why."""
    if call.command:
        from . import atlas_calls, command_rules  # which writing tools need not wait for

        if atlas_calls.names_session(call.command):
            yield "verbs", refusals.explain_refusal("caller")
        run = command_rules.read_programs(call)
        yield from broken_by_edits(view, command_rules.written_targets(run))
        yield from command_rules.broken_rules(view, run)
    yield from broken_by_edits(view, [Target(f"{call.cwd}/{path}" if path[0] != "/" else path) for path in call.paths])
    if view.role == LEAD and call.tool in DISPATCHING_TOOLS:
        yield from _broken_by_dispatch(view, call)


def _broken_by_dispatch(view: RoleView, call: Call) -> Iterator[tuple[str, str]]:
    """The rule that starting a subagent breaks, and why."""
    tasks = _task_ids(call.prompt)
    live = [one for task in tasks for one in view.workspaces if one.task == task]
    if not live and (tasks or call.subagent == WORKER_SUBAGENT):
        yield "dispatch", refusals.explain_refusal("unassigned", what=tasks[0] if tasks else "no assignment")
    elif live and not live[0].may_edit and not call.prompt.startswith(_UNDERSTANDING):
        yield "dispatch", refusals.explain_refusal("unverified", agent=live[0].agent, module=live[0].module)


def _task_ids(prompt: str) -> list[str]:
    """The ids of assignments in a text, in order."""
    ends = (part[:12] for part in prompt.split(_TASK)[1:])
    return [_TASK + end for end in ends if len(end) == 12 and _HEX.issuperset(end)]
