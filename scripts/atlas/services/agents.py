"""The registry of agents: AI sessions and people."""

from __future__ import annotations

from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core import ids, wording
from atlas.core.errors import AtlasError
from atlas.core.model import AGENT, Agent
from atlas.core.policy.roles import Actor

from .context import Context, executing

Result = dict[str, Any]
TYPES = ("ai", "human")
_LONGEST = 200


def register(context: Context, agent_type: str, identifier: str, chosen_id: str | None = None) -> Result:
    """Register a session name (`ai`) or a GitHub user name (`human`); the same one again changes nothing.

    The id is `implementer-N` for AI sessions and the user name for people, or `chosen_id`; it is unique across both.
    Raises AtlasError when type or identifier is invalid, or the id is taken.
    """
    if agent_type not in TYPES:
        raise AtlasError(f"type {agent_type[:40]!r} is not valid: use 'ai' or 'human'")
    _require_identifier(identifier)
    if chosen_id is not None:
        ids.require_slug(chosen_id, "the id")

    def run(tx: Transaction, actor: Actor) -> Result:
        executing(tx)
        for agent in tx.all(AGENT):
            if (agent["type"], agent["identifier"]) == (agent_type, identifier):
                if chosen_id not in (None, agent["id"]):
                    raise AtlasError(f"{identifier} is registered already, as {agent['id']}")
                return {"agent": agent, "created": False}
        agent_id = chosen_id or _free_id(tx, agent_type, identifier)
        if agent_id in wording.SPEAKERS or tx.get(AGENT, agent_id) is not None:
            raise AtlasError(f"the id {agent_id!r} is taken: choose another with --id")
        new: Agent = {
            "id": agent_id,
            "type": agent_type,
            "identifier": identifier,
            "registered_at": tx.at,
            "last_seen": None,
        }
        tx.put(AGENT, new)
        return {"agent": new, "created": True}

    return context.act("register", run)


def _require_identifier(identifier: str) -> None:
    if not identifier.strip() or identifier != identifier.strip() or not all(map(wording.visible, identifier)):
        raise AtlasError("the identifier is empty, or has blanks around or control characters in it: give a name")
    if identifier.startswith("-") or len(identifier) > _LONGEST:
        raise AtlasError(f"the identifier must not begin with '-' and has at most {_LONGEST} characters")


def _free_id(tx: Transaction, agent_type: str, identifier: str) -> str:
    if agent_type == "human":
        return ids.slug(identifier)
    taken = {agent["id"] for agent in tx.all(AGENT)}
    number = 1
    while f"implementer-{number}" in taken:
        number += 1
    return f"implementer-{number}"
