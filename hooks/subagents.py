"""Which workspace a subagent of the lead works in: the one it names in its first step there, from then on.

A dispatch of the lead whose prompt names an assignment leaves a note, `gates/dispatched/TASK`, with what the subagent
may be called. While notes wait, who is so called is bound by no step but one in such a workspace. What a subagent is
bound to is in `gates/subagents/ID`.
"""

from __future__ import annotations

import os
import time

from gate_file import folder
from interrupt_monitor import SLUG, doer, dump, leave_facts, parse, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from interrupt_monitor import Event

    Workspace = dict[str, Any]

WORKER_TYPE = "atlas:worker"
PLAIN_TYPE = "general-purpose"
"""What the client takes when a dispatch names no type."""
PATIENCE = 3600.0
"""Seconds for which a note waits: a dispatch may have been refused by the person, and nobody comes."""
PLAIN = SLUG | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")


def workspaces_of(event: Event, workspaces: list[Workspace]) -> list[Workspace]:
    """Those of the workspaces that a subagent works in, by its binding or, before that, by what the call names."""
    file = binding_of(event)
    if file is not None and os.path.exists(file):
        return [one for one in workspaces if one["name"] == bound_name(file)]
    return [one for one in workspaces if names_it(event, one)]


def settle(event: Event, workspaces: list[Workspace]) -> str | None:
    """The name of the workspace that the subagent behind a call is bound to, perhaps by this very call."""
    file = binding_of(event)
    if file is None:
        return None
    if not os.path.exists(file):
        workspace = reached(event, workspaces)
        if workspace is None:
            return None
        bind(event, file, workspace)
    name = bound_name(file)
    beat(name)
    return name


def binding_of(event: Event) -> str | None:
    """The file that says what a subagent is bound to; None for an id that is no file's name."""
    agent = event["agent_id"]
    fits = isinstance(agent, str) and 0 < len(agent) <= 128 and PLAIN.issuperset(agent)
    return os.path.join(folder("subagents"), agent) if fits else None


def bound_name(file: str) -> str:
    return read(file).decode().split()[0]


def reached(event: Event, workspaces: list[Workspace]) -> Workspace | None:
    """The workspace that this call of an unbound subagent binds it to."""
    called = str(event.get("agent_type"))
    noted = [task for task, names in notes().items() if called in names]
    for workspace in [one for one in workspaces if names_it(event, one)]:
        if workspace["task"] in noted or (not noted and called == WORKER_TYPE):
            return workspace
    return None


def names_it(event: Event, workspace: Workspace) -> bool:
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


def bind(event: Event, file: str, workspace: Workspace) -> None:
    """Record it, whole and only once, and use up the note."""
    name, task = workspace["name"], workspace["task"]
    os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
    new = f"{file}.{os.getpid()}"
    write(new, f"{name} {task}\n")
    try:
        os.link(new, file)
    except FileExistsError:
        return
    finally:
        os.unlink(new)
    forget(task)
    fact = {"fact": "bound", "agent_id": event["agent_id"], "workspace": name, "task": task}
    leave_facts(os.environ["ATLAS_HOME"], doer(event)[0], [fact])


def beat(name: str) -> None:
    """Leave the trace that the shell leaves for those whose own workspace it is (see `heartbeat.sh`)."""
    try:
        path = os.path.join(folder("heartbeats"), f"workspace-{name}")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError:
        pass


# Notes


def leave_note(dispatch: Event, workspaces: list[Workspace]) -> None:
    """Note whom to expect when the prompt of a dispatch names an assignment."""
    for task in [one["task"] for one in workspaces if one["task"] and one["task"] in dispatch["prompt"]]:
        os.makedirs(folder("dispatched"), mode=0o700, exist_ok=True)
        called = [dispatch.get("subagent_type") or PLAIN_TYPE, dispatch.get("name") or ""]
        write(os.path.join(folder("dispatched"), task), dump(called))


def notes() -> dict[str, list[str]]:
    """By assignment, what the subagent may be called that was dispatched for it and is still expected."""
    found = {}
    for task in os.listdir(folder("dispatched")) if os.path.isdir(folder("dispatched")) else []:
        path = os.path.join(folder("dispatched"), task)
        try:
            if time.time() - os.stat(path).st_mtime < PATIENCE:
                found[task] = list(map(str, parse(read(path))))
            else:
                os.unlink(path)
        except (OSError, ValueError):  # another call was quicker, or it is no note
            pass
    return found


def forget(task: str) -> None:
    try:
        os.unlink(os.path.join(folder("dispatched"), task))
    except FileNotFoundError:
        return
