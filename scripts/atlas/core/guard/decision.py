"""What a session with a role may do with a tool: pure decisions by the rules, from a small view of the state.

What a shell command does is a guess (`programs`, `writes`, `git_calls`): authority stays in the services, and an edit
that slips through is not evidence. It is read in a hook, so it imports next to nothing.
"""

from __future__ import annotations

from atlas.core.rules import verdicts
from atlas.core.verbs import LEAD, WORKER

from . import refusals
from .protected_paths import Target, inside, is_document, is_temporary, own_paths, reaches, resolved
from .role_view import RoleView
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
    for rule, why in _broken(view, call):
        verdict = verdicts.verdict(rule, view.rules)
        decision = Decision(rule, verdict, why)
        if verdict == verdicts.DENY:
            return decision
        if verdict == verdicts.ASK and asked is None:
            asked = decision
    return asked


def _broken(view: RoleView, call: Call) -> Iterator[tuple[str, str]]:
    """The rules that a call breaks, and why."""
    if call.command:
        from . import command_rules  # which writing tools need not wait for

        run = command_rules.read(call)
        yield from _writing(view, command_rules.written(run))
        yield from command_rules.broken(view, run)
    yield from _writing(view, [Target(f"{call.cwd}/{path}" if path[0] != "/" else path) for path in call.paths])
    if view.role == LEAD and call.tool in DISPATCHING_TOOLS:
        yield from _dispatching(view, call)


# Writing


def _writing(view: RoleView, targets: list[Target]) -> Iterator[tuple[str, str]]:
    own = own_paths(view.root, view.private, [one.folder for one in view.workspaces])
    for target in resolved(targets):
        path = target.path
        if reaches(target, own):
            yield "state", refusals.why("state", path=path)
        if view.unbound:
            yield "unbound", refusals.why("unbound", path=path)
        elif view.role == WORKER:
            yield from _workers_writing(view, path)
        else:
            yield from _leads_writing(view, path)


def _workers_writing(view: RoleView, path: str) -> Iterator[tuple[str, str]]:
    mine = view.holding(path)
    if mine is None and not is_temporary(view.root, path):
        yours = ", ".join(one.folder for one in view.workspaces) or "none now"
        yield "outside", refusals.why("outside", path=path, yours=yours)
    if mine is not None and not mine.may_edit:
        yield "understanding", refusals.why("understanding", path=path, module=mine.module)


def _leads_writing(view: RoleView, path: str) -> Iterator[tuple[str, str]]:
    owner = view.holding(path)
    if owner is not None:
        yield "delegate", refusals.why("owned", path=path, agent=owner.agent, module=owner.module)
    elif inside(view.root, path) and not is_document(view.root, path):
        if view.phase == "planning":
            yield "plan-first", refusals.why("plan-first", path=path)
        if view.phase == "executing":
            yield "delegate", refusals.why("delegate", path=path)


# Dispatching


def _dispatching(view: RoleView, call: Call) -> Iterator[tuple[str, str]]:
    tasks = _tasks(call.prompt)
    live = [one for task in tasks for one in view.workspaces if one.task == task]
    if not live and (tasks or call.subagent == WORKER_SUBAGENT):
        yield "dispatch", refusals.why("unassigned", what=tasks[0] if tasks else "no assignment")
    elif live and not live[0].may_edit and not call.prompt.startswith(_UNDERSTANDING):
        yield "dispatch", refusals.why("unverified", agent=live[0].agent, module=live[0].module)


def _tasks(prompt: str) -> list[str]:
    """The ids of assignments in a text, in order."""
    ends = (part[:12] for part in prompt.split(_TASK)[1:])
    return [_TASK + end for end in ends if len(end) == 12 and _HEX.issuperset(end)]
