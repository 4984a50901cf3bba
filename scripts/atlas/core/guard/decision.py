"""What a session with a role may do with a tool: pure decisions by the rules, from a small view of the state.

What a shell command does is a guess (`programs`, `writes`, `git_calls`): authority stays in the services, and an edit
that slips through is not evidence. It is read in a hook, so it imports next to nothing.
"""

from __future__ import annotations

from atlas.core.rules import verdicts
from atlas.core.rules.verb_permissions import LEAD, WORKER

from .protected_paths import Target, Unclear, inside, is_document, is_temporary, own_paths, reaches, resolved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

__all__ = ["DISPATCHING_TOOLS", "SHELL_TOOLS", "WRITING_TOOLS", "Call", "Decision", "Unclear", "View", "decide"]

WRITING_TOOLS = ("Write", "Edit", "MultiEdit", "NotebookEdit")
DISPATCHING_TOOLS = ("Agent", "Task")
SHELL_TOOLS = ("Bash", "Monitor")
WORKER_SUBAGENT = "atlas:worker"
_TASK = "task-"
_UNDERSTANDING = "[UNDERSTANDING]"
_HEX = frozenset("0123456789abcdef")
_LIVE = ("assigned", "in_progress", "blocked", "reported")
"""Statuses of assignments that are not over; elsewhere in ATLAS `model.LIVE`, which is too much for a hook to read."""


class Workspace:
    """A live workspace: its resolved folder, its agent, module and assignment, and whether the agent may edit yet."""

    __slots__ = ("agent", "folder", "may_edit", "module", "task")

    def __init__(self, folder: str, agent: str, module: str, task: str | None, may_edit: bool) -> None:
        self.folder, self.agent, self.module, self.task, self.may_edit = folder, agent, module, task, may_edit


class View:
    """What a decision needs to know, from the gate of whoever calls: for a worker its own workspaces, for the lead all.

    `unbound`: a worker subagent of the lead that has not been in its workspace yet.
    """

    __slots__ = ("branch", "phase", "private", "role", "root", "rules", "unbound", "workspaces")

    def __init__(self, gate: Mapping[str, Any], private: str, unbound: bool = False) -> None:
        """`private` is ATLAS's folder, resolved. Raises LookupError, TypeError or ValueError when the gate is none."""
        if gate["role"] not in (LEAD, WORKER) or gate["phase"] not in ("planning", "executing", "complete"):
            raise ValueError(f"there is no role {gate['role']!r} or phase {gate['phase']!r}")
        self.role, self.phase, self.unbound = gate["role"], gate["phase"], unbound
        self.root, self.private, self.branch = gate["root"], private, gate["branch"]
        self.rules: dict[str, str] = dict(gate["rules"])
        self.workspaces = [
            Workspace(one["folder"], one["agent"], one["module"], one["task"], one["may_edit"] is True)
            for one in gate["workspaces"]
            if one["status"] in _LIVE
        ]

    def holding(self, path: str) -> Workspace | None:
        """The workspace that a resolved path is in."""
        return next((one for one in self.workspaces if inside(one.folder, path)), None)


class Call:
    """A tool call: where it is made, the files that it names, and what a shell or a subagent is told."""

    __slots__ = ("command", "cwd", "environment", "paths", "prompt", "subagent", "tool")

    def __init__(self, tool: str, arguments: Mapping[str, Any], cwd: str, environment: Mapping[str, str]) -> None:
        def text(name: str) -> str:
            value = arguments.get(name)
            if value is None:
                return ""
            if not isinstance(value, str):
                raise TypeError(f"{name} is no text")
            return value

        self.tool, self.cwd, self.environment = tool, cwd, environment
        named = [text("file_path"), text("notebook_path")] if tool in WRITING_TOOLS else []
        self.paths = [path for path in named if path]
        self.command = text("command") if tool in SHELL_TOOLS else ""
        self.prompt, self.subagent = text("prompt"), text("subagent_type")


class Decision:
    """A rule that applies, what it comes to (`deny` or `ask`), and why, in words for a model."""

    __slots__ = ("reason", "rule", "verdict")

    def __init__(self, rule: str, verdict: str, reason: str) -> None:
        self.rule, self.verdict, self.reason = rule, verdict, reason


def decide(view: View, call: Call) -> Decision | None:
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


def _broken(view: View, call: Call) -> Iterator[tuple[str, str]]:
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


def _writing(view: View, targets: list[Target]) -> Iterator[tuple[str, str]]:
    own = own_paths(view.root, view.private, [one.folder for one in view.workspaces])
    for target in resolved(targets):
        path = target.path
        if reaches(target, own):
            yield "state", verdicts.why("state", path=path)
        if view.unbound:
            yield "unbound", verdicts.why("unbound", path=path)
        elif view.role == WORKER:
            yield from _workers_writing(view, path)
        else:
            yield from _leads_writing(view, path)


def _workers_writing(view: View, path: str) -> Iterator[tuple[str, str]]:
    mine = view.holding(path)
    if mine is None and not is_temporary(view.root, path):
        yours = ", ".join(one.folder for one in view.workspaces) or "none now"
        yield "outside", verdicts.why("outside", path=path, yours=yours)
    if mine is not None and not mine.may_edit:
        yield "understanding", verdicts.why("understanding", path=path, module=mine.module)


def _leads_writing(view: View, path: str) -> Iterator[tuple[str, str]]:
    owner = view.holding(path)
    if owner is not None:
        yield "delegate", verdicts.why("owned", path=path, agent=owner.agent, module=owner.module)
    elif inside(view.root, path) and not is_document(view.root, path):
        if view.phase == "planning":
            yield "plan-first", verdicts.why("plan-first", path=path)
        if view.phase == "executing":
            yield "delegate", verdicts.why("delegate", path=path)


# Dispatching


def _dispatching(view: View, call: Call) -> Iterator[tuple[str, str]]:
    tasks = _tasks(call.prompt)
    live = [one for task in tasks for one in view.workspaces if one.task == task]
    if not live and (tasks or call.subagent == WORKER_SUBAGENT):
        yield "dispatch", verdicts.why("unassigned", what=tasks[0] if tasks else "no assignment")
    elif live and not live[0].may_edit and not call.prompt.startswith(_UNDERSTANDING):
        yield "dispatch", verdicts.why("unverified", agent=live[0].agent, module=live[0].module)


def _tasks(prompt: str) -> list[str]:
    """The ids of assignments in a text, in order."""
    ends = (part[:12] for part in prompt.split(_TASK)[1:])
    return [_TASK + end for end in ends if len(end) == 12 and _HEX.issuperset(end)]
