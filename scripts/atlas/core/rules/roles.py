"""Who is calling, and whether it may use a verb."""

from __future__ import annotations

import os
from typing import TypedDict

from atlas.core.errors import AtlasError
from atlas.core.ids import session_key
from atlas.core.records.kinds import SESSION, WORKFLOW, WORKSPACE
from atlas.core.records.protocol import Records
from atlas.core.verbs import ATLAS, LEAD, PERSON, WORKER, persons_way

from .verb_permissions import ALLOWED, DECIDING

__all__ = ["ATLAS", "LEAD", "PERSON", "WORKER", "Actor", "derive_actor", "require_own", "require_permission"]


class Actor(TypedDict):
    """Who acts: a role, the agent when it is a worker, and the client session it acts from."""

    role: str
    agent: str | None
    session: str | None


ATLAS_ITSELF: Actor = {"role": ATLAS, "agent": None, "session": None}
"""Who acts when nobody asked for it: ATLAS settles, sends and supervises by itself."""


def derive_actor(records: Records, session: str | None, workspace_path: str | None = None) -> Actor:
    """The actor behind a client session id that calls from `workspace_path`, a workspace's path or None.

    Whoever calls from an agent's workspace is that agent, the lead's own subagents too. No id, or one that nothing is
    known of, is a person at a terminal.
    """
    key = session_key(session) if session and session.strip() else None
    resident = _resident_agent(records, workspace_path)
    if resident is not None:
        return {"role": WORKER, "agent": resident, "session": key}
    if key is None:
        return {"role": PERSON, "agent": None, "session": None}
    workflow = records.only(WORKFLOW)
    if workflow is not None and workflow["lead"] == key:
        return {"role": LEAD, "agent": None, "session": key}
    bound = records.get(SESSION, key)
    if bound is not None and bound["agent"]:
        return {"role": WORKER, "agent": bound["agent"], "session": key}
    return {"role": PERSON, "agent": None, "session": key}


def _resident_agent(records: Records, workspace_path: str | None) -> str | None:
    """The agent whose workspace lies at `workspace_path`."""
    workspace = records.get(WORKSPACE, os.path.basename(workspace_path)) if workspace_path else None
    if workspace is None or workspace["path"] != workspace_path or workspace["removed_at"] is not None:
        return None
    return workspace["agent"]


def require_permission(actor: Actor, verb: str, by_client: bool = False) -> None:
    """Raise AtlasError unless the actor's role may use the verb; what only a person decides is not for a client to use.

    `by_client`: the command runs below a client of the project, and no person typed it.
    """
    may_use = verb in ALLOWED[actor["role"]]
    if verb in DECIDING and (by_client or not may_use):
        who = actor["agent"] or (actor["role"] if not may_use else "a client's model")
        raise AtlasError(
            f"{who} may not use '{verb}', which only a person decides: ask the person to {persons_way(verb)}"
        )
    if not may_use:
        raise AtlasError(
            f"{actor['agent'] or actor['role']} may not use '{verb}': "
            f"a {actor['role']} may use {', '.join(sorted(ALLOWED[actor['role']]))}; ask the lead to do it"
        )


def require_own(actor: Actor, agent: str, what: str) -> None:
    """Raise AtlasError when a worker reaches for what is another agent's."""
    if actor["role"] == WORKER and actor["agent"] != agent:
        raise AtlasError(f"{what} belongs to {agent}, not to {actor['agent']}: a worker acts on its own work only")
