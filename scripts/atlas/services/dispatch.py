"""Giving modules to agents, with a workspace of its own for each assignment to an AI agent.

The agent is told only when the workspace is ready. A workspace that a crash left half made is finished by giving the
module to the same agent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from atlas.adapters import git, hold
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.model import WORKSPACE, Workspace
from atlas.core.policy.roles import Actor

from . import assignments, integration, workspaces
from .context import Context
from .workspace_building import build
from .workspace_places import lock_of, of_task, path_of

Result = dict[str, Any]
Give = Callable[[Transaction], Result]


def assign(
    context: Context,
    module_id: str,
    agent_id: str,
    force: bool = False,
    workspace: bool = True,
    skeleton: Sequence[str] = (),
) -> Result:
    """Give a pending module to a registered agent; the same again changes nothing, but finishes what a crash left.

    Raises AtlasError when the module cannot be given, or its workspace cannot be made: then nobody has the module.
    """
    if not workspace:
        _require_no_skeleton(skeleton)
        return _plain(assignments.assign(context, module_id, agent_id, force))
    return _dispatch(context, "assign", lambda tx: assignments.give_pending(tx, module_id, agent_id, force), skeleton)


def reassign(
    context: Context,
    module_id: str,
    agent_id: str,
    force: bool = False,
    workspace: bool = True,
    skeleton: Sequence[str] = (),
) -> Result:
    """Take a module from its agent and give it to another. The workspace of the first stays, with all that is in it.

    Raises AtlasError when it cannot be taken; when the new workspace cannot be made the module waits for an agent.
    """
    if not workspace:
        _require_no_skeleton(skeleton)
        return _plain(assignments.reassign(context, module_id, agent_id, force))
    return _dispatch(context, "reassign", lambda tx: assignments.take_over(tx, module_id, agent_id, force), skeleton)


def _dispatch(context: Context, verb: str, give: Give, skeleton: Sequence[str]) -> Result:
    foreseen, found = context.look(verb, lambda tx, actor: _foresee(tx, give))
    if foreseen["assignment"]["agent_type"] != "ai":
        _require_no_skeleton(skeleton)
        return context.act(verb, lambda tx, actor: _give_plainly(tx, give))
    if foreseen["created"]:
        return _with_workspace(context, verb, foreseen["module"], give, skeleton)
    if found is not None and found["status"] == "creating":
        with hold.held(lock_of(context.project, found["name"]), f"workspace {found['name']}"):
            found = build(context, verb, found["name"])
    return {**foreseen, "workspace": found, "notes": []}


def _foresee(tx: Transaction, give: Give) -> tuple[Result, Workspace | None]:
    """What giving would come to, and the workspace that there is of it: this is looked at and thrown away."""
    result = give(tx)
    return result, of_task(tx, result["assignment"]["task_uuid"])


def _give_plainly(tx: Transaction, give: Give) -> Result:
    result = give(tx)
    if result["created"]:
        assignments.announce(tx, result["assignment"])
    return _plain(result)


def _plain(result: Result) -> Result:
    return {**result, "workspace": None, "notes": []}


def _require_no_skeleton(skeleton: Sequence[str]) -> None:
    if skeleton:
        raise AtlasError("--skeleton is for the workspace of an AI agent, and none is made here: leave it out")


def _with_workspace(context: Context, verb: str, module_id: str, give: Give, skeleton: Sequence[str]) -> Result:
    project = context.project
    base = integration.ensure(context, verb)
    free = context.look(verb, lambda tx, actor: _free(tx, module_id))
    files = [workspaces.skeleton_file(project.root, path) for path in dict.fromkeys(skeleton)]
    draft = None if free else workspaces.draft(context, verb, module_id, base, files)
    name = draft.name if draft else module_id

    def run(tx: Transaction, actor: Actor) -> Result:
        result = give(tx)
        if not result["created"]:
            raise AtlasError(f"{module_id} was given to the same agent just now: nothing was changed")
        if draft:
            record = workspaces.reserve(tx, draft, result["assignment"])
        else:
            record = workspaces.adopt(tx, _still_free(tx, module_id), result["assignment"], files)
        assignments.announce(tx, result["assignment"], path_of(project, record), held=True)
        return result

    with hold.held(lock_of(project, name), f"workspace {name}"):
        result = context.act(verb, run)
        ready = build(context, verb, name)
    notes = ["the main directory has uncommitted changes, which no workspace has"] if git.changes(project.root) else []
    return {**result, "workspace": ready, "notes": notes}


def _free(tx: Transaction, name: str) -> Workspace | None:
    """The workspace of that name, if it is ready and belongs to nobody."""
    found = tx.get(WORKSPACE, name)
    is_free = found is not None and found["status"] == "ready" and found["task_uuid"] is None
    return found if is_free else None


def _still_free(tx: Transaction, name: str) -> Workspace:
    found = _free(tx, name)
    if found is None:
        raise AtlasError(f"workspace {name} was taken by somebody else just now: try again")
    return found
