"""Results of verbs as text for a terminal or a model: the outcome first, then what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING

from atlas.core.letters.proof import check_lines
from atlas.core.records.rows import COULD_NOT_RUN, FAILED, FAILS_ON_BASE, FLAKY, PASSED
from atlas.core.records.team import AI, HUMAN
from atlas.core.text import one_line, quote_under

from . import reviews, sessions

if TYPE_CHECKING:
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.assignments import (
        AssignResult,
        HandedOver,
        Reassigned,
        ReassignResult,
        RegisterResult,
        ReportResult,
    )
    from atlas.core.results.orchestration import CheckResult, LeadResult, ModifyResult, StartResult
    from atlas.core.results.plan import (
        ApproveResult,
        BaseChecks,
        CheckPlanResult,
        PlanResult,
        PlanStatusResult,
        RequirementResult,
    )
    from atlas.core.results.project import SettingsResult
    from atlas.core.results.proof import CompleteResult
    from atlas.core.results.workspaces import RemoveWorkspaceResult, WorkspaceResult


def render_plan(result: PlanResult) -> str:
    """A plan that was begun, and the next step."""
    if not result["created"]:
        return f"{result['plan_id']} is being planned already, for this goal."
    return (
        f"Planning {result['plan_id']}: {one_line(result['goal'])}\n"
        f"The plan is {result['plan_file']}\n"
        "Next: atlas requirement add --name NAME --criteria TEXT --check COMMAND, one by one; then atlas approve"
    )


def render_plan_status(result: PlanStatusResult) -> str:
    """How far a plan is: its sections, its modules, and what it still lacks."""
    lines = [f"{result['plan_id']} ({result['status']}): {one_line(result['goal'])}"]
    lines += [sessions.pause_line(result["paused"])] if result["paused"] else []
    for module in result["modules"]:
        criteria = _count_items(module["acceptance_criteria"], "criterion", "criteria")
        needs = f", after {', '.join(module['dependencies'])}" if module["dependencies"] else ""
        lines.append(
            f"  {module['id']}  [{module['priority']}]  {one_line(module['name'])}: "
            f"{criteria}, {_count_items(module['checks'], 'check')}{needs}"
        )
    if result["problems"]:
        lines += ["Before approval:", *(f"  - {one_line(problem)}" for problem in result["problems"])]
    elif result["plan_phase_complete"]:
        lines.append("Approved. Next: atlas start")
    else:
        lines.append("Nothing is missing. Next: atlas approve")
    return "\n".join(lines)


def render_module_change(result: RequirementResult | ModifyResult) -> str:
    """A module that was added to the plan, changed or removed."""
    module = result["module"]
    if not result["changes"]:
        return f"{module['id']}: nothing to change"
    return "\n".join([f"{module['id']}:", *(f"  {one_line(change)}" for change in result["changes"])])


def render_approval(result: ApproveResult) -> str:
    """The approval of a plan, or what a trial run of it would do."""
    modules = _count_items(range(result["modules"]), "module")
    if result["dry_run"]:
        return f"{result['plan_id']} can be approved: {modules}. Nothing was changed."
    lines = _base_lines(result["base"]) if result["base"] else []
    return "\n".join([*lines, f"{result['plan_id']} is approved: {modules}. Next: atlas start"])


def _base_lines(base: BaseChecks) -> list[str]:
    """How the checks of a plan ran before any work was done, a line each unless it failed, as it should."""
    if base["not_run"] is not None:
        return [f"No check was run: {one_line(base['not_run'])}"]
    lines = []
    for check in base["checks"]:
        about = f"{', '.join(check['modules'])}: `{one_line(check['command'])}`"
        if check["outcome"] == PASSED:
            lines.append(f"{about} passes already: proves nothing")
        elif check["outcome"] == COULD_NOT_RUN:
            lines.append(f"{about} could not run: {one_line(check['why'] or 'no reason is known')}")
    failing = sum(check["outcome"] == FAILED for check in base["checks"])
    known = ", as was known from before: nothing was run again" if base["known"] else ""
    count = _count_items(base["checks"], "check")
    return [
        *lines,
        f"Of {count}, {failing} failed on {(base['commit'] or '')[:12]}, as expected before the work{known}",
    ]


def render_start(result: StartResult) -> str:
    """An orchestration that was started: its branch, its lead, its first modules."""
    lead = f"Led by session {result['lead']}." if result["lead"] else _NO_LEAD
    return (
        f"{'Executing' if result['created'] else 'Already executing'} {result['plan_id']}: "
        f"{_count_items(range(result['modules']), 'module')}, ready: {', '.join(result['ready']) or 'none'}\n{lead}\n"
        f"Finished work comes together on the branch {result['integration_branch']}.\n"
        "Next: atlas register ai SESSION (or human NAME), then atlas assign MODULE AGENT"
        + "".join(f"\n{note}" for note in _note_lines(result["notes"]))
    )


_NO_LEAD = "No session leads it: type /atlas-lead in the Claude Code session that shall lead."


def render_agent(result: RegisterResult) -> str:
    """An agent that is registered, now or already."""
    agent = result["agent"]
    seen = "" if agent["type"] == HUMAN or agent["last_seen"] else " (not seen yet)"
    when = "now" if result["created"] else "already"
    return f"{agent['id']} is {when} registered: {agent['type']} {agent['identifier']}{seen}"


def render_assignment(result: AssignResult | Reassigned | HandedOver) -> str:
    """A module that was given to an agent, and its workspace."""
    assignment = result["assignment"]
    how = "is now" if result["created"] else "is already"
    text = (
        "The task is in the agent's mailbox; its understanding is to be confirmed before it begins."
        if assignment["agent_type"] == AI
        else "People are not messaged by ATLAS: tell them."
    )
    workspace_lines = [f"Workspace: {render_workspace(result['workspace'])}"] if result["workspace"] else []
    first = f"{result['module']} {how} {result['agent']}'s ({assignment['task_uuid']}). {text}"
    return "\n".join([first, *workspace_lines, *_note_lines(result["notes"])])


def render_workspace(record: Workspace) -> str:
    """A workspace on one line."""
    return f"{record['name']} is {record['status']}: {record['path']} on branch {record['branch']}"


def _note_lines(notes: list[str]) -> list[str]:
    return [f"Note: {one_line(note, 400)}" for note in notes]


def render_workspaces(result: WorkspaceResult) -> str:
    """The workspaces that were made or finished."""
    lines = []
    for each in result["workspaces"]:
        if each["error"] is None:
            lines.append(render_workspace(each["workspace"]))
        else:
            lines.append(quote_under(f"{each['workspace']['name']} was not made", each["error"], 600))
    return "\n".join(lines)


def render_removal(result: RemoveWorkspaceResult) -> str:
    """A workspace that was removed, and the bundle that keeps its work."""
    record = result["workspace"]
    if not result["removed"]:
        return f"{record['name']} was removed already, at {record['removed_at']}"
    lines = [f"{record['name']} is removed: {record['path']} and what was in it"]
    if record["saved"]:
        lines.append(f"Saved before that: {record['saved']}")
        lines.append(f"To get it back: git fetch {quote(record['saved'])} '+refs/*:refs/rescued/{record['name']}/*'")
    return "\n".join(lines)


def render_settings(result: SettingsResult) -> str:
    """The settings, each with its value and its proposal."""
    lines = []
    for key, value in result["settings"].items():
        default = result["defaults"][key]
        note = f"  (by default {_setting_text(default)})" if value != default else ""
        lines.append(f"{key:24}{_setting_text(value)}{note}")
    for proposal in result["proposals"]:
        values = " ".join(quote(value) for value in proposal["values"])
        because = ", ".join(proposal["because"])
        lines.append(f"Proposed, because of {because}: atlas settings {proposal['key']} {values}")
    return "\n".join(lines)


def _setting_text(value: object) -> str:
    shown = ", ".join(value) if isinstance(value, list) else str("" if value is None else value)
    return one_line(shown, 400) or "-"


def render_reassignment(result: ReassignResult) -> str:
    """A module that was taken from one agent and given to another."""
    if "kept" in result:
        return f"{result['module']} stays {result['agent']}'s, which is told to go on."
    left, before = result["left"], f"{result['before']} no longer has it. " if result["before"] else ""
    lines = [f"{before}{render_assignment(result)}"]
    if "handoff" in result:
        lines += [_RECEIPTS[result["receipt"]]] if result["receipt"] else []
        if result["saved"]:
            lines.append(f"Its work is saved as commit {result['saved'][:12]}, where the other goes on.")
        lines += [f"The handoff: {result['handoff']}"]
    if left:
        lines.append(f"Its workspace {left['name']} is kept until `atlas remove-workspace {left['name']}`.")
    return "\n".join(lines)


_RECEIPTS = {
    "arrived": "It was told to stop, and has that.",
    "late": "It was told to stop, but did not get that in time: it may still be at work in its workspace.",
    "absent": "No session of it is known, so nobody had to be stopped.",
}


def render_report(result: ReportResult) -> str:
    """An agent's report as it was recorded."""
    return f"{result['module']}: {result['report']} recorded, its status is {result['status']}"


def override_text(words: str) -> str:
    """That a person let a module pass, and, marked, the reason that was given."""
    return quote_under("a person let it pass although a condition was not met", words)


_OUTCOME_WORDS = {
    FAILED: "a check failed",
    COULD_NOT_RUN: "a check could not run",
    FLAKY: "a check is flaky",
    FAILS_ON_BASE: "a check failed, as it does on the base",
}


def render_completion(result: CompleteResult) -> str:
    """The checks of a module as they ran, and what followed from them."""
    evidence = result["evidence"]
    commit = evidence["commit"][:12]
    name, branch = result["module"], result.get("integration_branch")
    if result["complete"]:
        lines = [f"{name} is complete on commit {commit}, which the integration branch has"]
    elif "reviews" in result:
        standing = reviews.standing_text(result["reviews"])
        lines = [f"{name} is not complete: it passes on commit {commit}, and {standing}"]
    elif result["passed"]:
        lines = [f"{name} passes on commit {commit}, merged with the integration branch; it is not landed yet"]
    elif result["conflicts"]:
        files = ", ".join(one_line(file) for file in result["conflicts"][:10])
        lines = [
            f"{name} is not complete: its commit {commit} conflicts with {branch} in {files}. "
            "Its agent is asked to resolve that."
        ]
    else:
        lines = [
            f"{name} is not complete: {_OUTCOME_WORDS[evidence['outcome']]} (commit {commit} merged with {branch})"
        ]
    lines += [f"  {line}" for check in evidence["checks"] for line in check_lines(check)]
    if evidence["override"]:
        lines.append(f"  {override_text(evidence['override'])}")
    if result["untracked"]:
        names = ", ".join(one_line(path) for path in result["untracked"][:5])
        more = f" and {len(result['untracked']) - 5} more" if result["untracked"][5:] else ""
        lines.append(f"  not committed, so that no check saw it: {names}{more}")
    if result["all_complete"]:
        lines.append("Every module is complete: the orchestration is over.")
    return "\n".join(lines)


def render_lead(result: LeadResult) -> str:
    """The session that leads, and the one that led before."""
    if result["taken"]:
        return f"This session leads now. Before: {result['before'] or 'nobody'}."
    if result["lead"] is None:
        return _NO_LEAD
    return f"Led by session {result['lead']} since {result['since']}."


def render_plan_check(result: CheckPlanResult) -> str:
    """Whether the plan phase is complete, and what is left of it."""
    if not result["in_phase"]:
        return "not in the plan phase"
    return "the plan phase is complete" if result["complete"] else "\n".join(map(one_line, result["reasons"]))


def render_check(result: CheckResult) -> str:
    """Whether the orchestration is over, and the modules that are left."""
    if not result["in_phase"]:
        return "not in the orchestration phase"
    if result["complete"]:
        return "the orchestration is complete"
    return "\n".join(f"{module['id']} is {module['status']}" for module in result["remaining"])


def _count_items(items: Sequence[object], one: str, many: str | None = None) -> str:
    return f"{len(items)} {one if len(items) == 1 else many or one + 's'}"
