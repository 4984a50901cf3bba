"""Which workspace a subagent of the lead works in: the one it names in its first step there, from then on.

A dispatch of the lead whose prompt names an assignment leaves a note, `gates/dispatched/TASK`, with what the subagent
may be called. While notes wait, who is so called is bound by no step but one in such a workspace. What a subagent is
bound to is in `gates/subagents/ID`.
"""

from __future__ import annotations

import os
import time

from hooks import role_view
from hooks.bare import SLUG, doer, dump, is_slug, leave_facts, make_folder, parse, read, remove, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from atlas.core.guard.tool_call import Call
    from hooks.bare import Event
    from hooks.role_view import View

    Workspace = dict[str, Any]

WORKER_TYPE, REVIEWER_TYPE = "atlas:worker", "atlas:reviewer"
PLAIN_TYPE = "general-purpose"
"""What the client takes when a dispatch names no type."""
PATIENCE = 3600.0
"""Seconds for which a note waits: a dispatch may have been refused by the person, and nobody comes."""
PLAIN = SLUG | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")


def is_reviewer(event: Event) -> bool:
    """Whether the subagent behind a call is a reviewer: it belongs to no workspace, and may record reviews."""
    return event.get("agent_type") == REVIEWER_TYPE


def leave_traces(event: Event, call: Call, workspaces: list[Workspace]) -> None:
    """Leave what is to be known of a call of the lead's session that goes ahead: a dispatch, or a reviewer's review."""
    if is_reviewer(event):
        note_review(event, call)
    elif event["tool_input"].get("subagent_type") != REVIEWER_TYPE:  # which works on no assignment
        leave_note(event["tool_input"], workspaces)


def note_review(event: Event, call: Call) -> None:
    """Leave it as a fact when a reviewer is about to record a review: ATLAS takes none from the lead's session else."""
    from atlas.core.guard import atlas_calls, command_rules

    run = command_rules.read_programs(call) if call.command else []
    words = [w for one in run if atlas_calls.called_verb(one) == atlas_calls.RECORDING for w in one.words if is_slug(w)]
    about = {"fact": "review", "agent_id": event["agent_id"], "tool": event.get("tool_use_id")}
    facts = [{**about, "module": word} for word in dict.fromkeys(words)]  # those that are no module tell nothing
    if facts:
        leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], facts)


def settled_view(event: Event, view: View) -> tuple[View, bool]:
    """The role view of a subagent of the lead that makes a call, and whether it has yet to be bound to a workspace.

    It is that of its workspace once it is bound, perhaps by this very call, and until then the lead's own.
    """
    name = settle_workspace(event, view["workspaces"])
    if name is None:
        return view, event.get("agent_type") == WORKER_TYPE
    try:
        return role_view.view_of_workspace(name), False
    except FileNotFoundError:  # the workspace it had was removed
        return view, True


def bound_view(event: Event, view: View) -> View | None:
    """The role view of a subagent of the lead that works in a workspace; None for every other subagent."""
    binding = binding_of(event) if view["role"] == "lead" else None
    if binding is None or not os.path.exists(binding):
        return None
    try:
        return role_view.view_of_workspace(bound_name(binding))
    except FileNotFoundError:  # the workspace was removed
        return None


def workspaces_of(event: Event, workspaces: list[Workspace]) -> list[Workspace]:
    """Those of the workspaces that a subagent works in, by its binding or, before that, by what the call names.

    A reviewer works in none: what is for the agent there is not for it.
    """
    if is_reviewer(event):
        return []
    file = binding_of(event)
    if file is not None and os.path.exists(file):
        return [one for one in workspaces if one["name"] == bound_name(file)]
    return [one for one in workspaces if names_workspace(event, one)]


def settle_workspace(event: Event, workspaces: list[Workspace]) -> str | None:
    """The name of the workspace that the subagent behind a call is bound to, perhaps by this very call."""
    file = binding_of(event)
    if file is None:
        return None
    if not os.path.exists(file):
        workspace = reached_workspace(event, workspaces)
        if workspace is None:
            return None
        bind_subagent(event, file, workspace)
    name = bound_name(file)
    leave_heartbeat(name)
    return name


def binding_of(event: Event) -> str | None:
    """The file that says what a subagent is bound to; None for an id that is no file's name."""
    agent = event["agent_id"]
    fits = isinstance(agent, str) and 0 < len(agent) <= 128 and PLAIN.issuperset(agent)
    return os.path.join(role_view.folder_of("subagents"), agent) if fits else None


def bound_name(file: str) -> str:
    """The workspace that such a file names."""
    return read(file).decode().split()[0]


def reached_workspace(event: Event, workspaces: list[Workspace]) -> Workspace | None:
    """The workspace that this call of an unbound subagent binds it to."""
    called = str(event.get("agent_type"))
    noted = [task for task, names in read_notes().items() if called in names]
    for workspace in [one for one in workspaces if names_workspace(event, one)]:
        if workspace["task"] in noted or (not noted and called == WORKER_TYPE):
            return workspace
    return None


def names_workspace(event: Event, workspace: Workspace) -> bool:
    """Whether a call names a workspace: by a file in it, by the folder it runs in, or in the text of a command."""
    given, name = event["tool_input"], workspace["name"]
    for path in (".", *map(given.get, ("file_path", "notebook_path", "path"))):
        if isinstance(path, str):
            whole = os.path.realpath(os.path.join(event["cwd"], path))
            if f"{whole}/".startswith(f"{workspace['folder']}/"):
                return True
    command = str(given.get("command"))
    return any(
        rest[:1] not in SLUG
        for kind in ("worktrees", "workspaces")
        for rest in command.split(f".claude/{kind}/{name}")[1:]
    )


def bind_subagent(event: Event, file: str, workspace: Workspace) -> None:
    """Record it, whole and only once, and use up the note."""
    name, task = workspace["name"], workspace["task"]
    make_folder(os.path.dirname(file))
    new = f"{file}.{os.getpid()}"
    write(new, f"{name} {task}\n")
    try:
        os.link(new, file)
    except FileExistsError:
        return
    finally:
        os.unlink(new)
    remove(os.path.join(role_view.folder_of("dispatched"), task))
    fact = {"fact": "bound", "agent_id": event["agent_id"], "workspace": name, "task": task}
    leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], [fact])


def leave_heartbeat(name: str) -> None:
    """Leave the trace that the shell leaves for those whose own workspace it is (see `heartbeat.sh`)."""
    try:
        path = os.path.join(role_view.folder_of("heartbeats"), f"workspace-{name}")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError:
        pass


# Notes


def leave_note(dispatch: Event, workspaces: list[Workspace]) -> None:
    """Note whom to expect when the prompt of a dispatch names an assignment."""
    for task in [one["task"] for one in workspaces if one["task"] and one["task"] in dispatch["prompt"]]:
        make_folder(role_view.folder_of("dispatched"))
        called = [dispatch.get("subagent_type") or PLAIN_TYPE, dispatch.get("name") or ""]
        write(os.path.join(role_view.folder_of("dispatched"), task), dump(called))


def read_notes() -> dict[str, list[str]]:
    """By assignment, what the subagent may be called that was dispatched for it and is still expected."""
    found, folder = {}, role_view.folder_of("dispatched")
    for task in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, task)
        try:
            if time.time() - os.stat(path).st_mtime < PATIENCE:
                found[task] = list(map(str, parse(read(path))))
            else:
                os.unlink(path)
        except (OSError, ValueError):  # another call was quicker, or it is no note
            pass
    return found
