"""The registry of agents: AI sessions and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core import ids, text
from atlas.core.errors import AtlasError
from atlas.core.letters import discoveries
from atlas.core.records.kinds import AGENT
from atlas.core.records.message import BUILT_IN, MAESTRO
from atlas.core.records.team import AGENT_TYPES, AI, HUMAN, Agent, new_agent
from atlas.services.messages import mail_server
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.adapters.transport.transport import Address
    from atlas.core.results.assignments import RegisterResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_LONGEST = 200


def register_agent(
    context: Context, agent_type: str, identifier: str, chosen_id: str | None = None, built_in: bool = False
) -> RegisterResult:
    """Register a session name (`ai`) or a GitHub user name (`human`); the same one again only learns a new address.

    The id is `implementer-N` for AI sessions and the user name for people, or `chosen_id`; it is unique across both.
    Where AI Maestro is chosen, it must know an AI session by exactly that name, unless `built_in` is set.
    Raises AtlasError when type or identifier is invalid, AI Maestro does not know it, or the id is taken.
    """
    _require_valid(agent_type, identifier, chosen_id, built_in)
    asks = agent_type == AI and not built_in
    url, found = _find_address(context, identifier) if asks else (None, None)
    name = found.name if found else identifier

    def run(tx: Transaction, actor: Actor) -> RegisterResult:
        executing_workflow(tx)
        if asks and current_settings(tx)["transport_url"] != url:
            raise AtlasError("the address of AI Maestro was changed just now: register again")
        known = next((a for a in tx.all(AGENT) if (a["type"], a["identifier"]) == (agent_type, name)), None)
        if known is None:
            agent = _new_agent(tx, agent_type, name, chosen_id)
        elif chosen_id in (None, known["id"]):
            agent = known
        else:
            raise AtlasError(f"{name} is registered already, as {known['id']}")
        if found or built_in:
            agent["transport"], agent["address"] = (MAESTRO, found.to) if found else (BUILT_IN, None)
        tx.put(AGENT, agent)
        if agent != known:
            tx.emit("AgentRegistered", agent=agent["id"], type=agent["type"])
        return {"agent": agent, "created": known is None}

    return context.transact("register", run)


def _require_valid(agent_type: str, identifier: str, chosen_id: str | None, built_in: bool) -> None:
    if agent_type not in AGENT_TYPES:
        raise AtlasError(f"type {agent_type[:40]!r} is not valid: use 'ai' or 'human'")
    _require_identifier(identifier)
    if chosen_id is not None:
        ids.require_slug(chosen_id, "the id")
    if agent_type == HUMAN and built_in:
        raise AtlasError("--built-in is for AI sessions: people are not messaged by ATLAS")


def _new_agent(tx: Transaction, agent_type: str, identifier: str, chosen_id: str | None) -> Agent:
    agent_id = chosen_id or _free_id(tx, agent_type, identifier)
    if agent_id in (*discoveries.SPEAKERS, discoveries.STRANGER) or tx.get(AGENT, agent_id) is not None:
        raise AtlasError(f"the id {agent_id!r} is taken: choose another with --id")
    return new_agent(id=agent_id, type=agent_type, identifier=identifier, registered_at=tx.at)


def _find_address(context: Context, identifier: str) -> tuple[str | None, Address | None]:
    """The address of AI Maestro in the settings, and where it has that session: None with the built-in transport."""

    def look(tx: Transaction, actor: Actor) -> str | None:
        executing_workflow(tx)
        return current_settings(tx)["transport_url"]

    url = context.read("register", look)
    by = mail_server.transport_at(url)
    return url, None if by.name == BUILT_IN else by.resolve(identifier)


def _require_identifier(identifier: str) -> None:
    if not identifier.strip() or identifier != identifier.strip() or not all(map(text.is_visible, identifier)):
        raise AtlasError("the identifier is empty, or has blanks around or control characters in it: give a name")
    if identifier.startswith("-") or len(identifier) > _LONGEST:
        raise AtlasError(f"the identifier must not begin with '-' and has at most {_LONGEST} characters")


def _free_id(tx: Transaction, agent_type: str, identifier: str) -> str:
    if agent_type == HUMAN:
        return ids.make_slug(identifier)
    taken = {agent["id"] for agent in tx.all(AGENT)}
    number = 1
    while f"implementer-{number}" in taken:
        number += 1
    return f"implementer-{number}"
