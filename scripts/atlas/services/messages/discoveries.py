"""Discoveries, and the lead's own word to one worker: who gets them, and what becomes of that.

The records are the authority; what waits in a workspace follows from them (`mirror`), and the receipts that a monitor
leaves there are folded into them (`policy.facts`). Whoever has no workspace gets a message instead.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.letters import discoveries
from atlas.core.records.assignment import Assignment
from atlas.core.records.constants import ATLAS, INTERRUPT, SHARED
from atlas.core.records.kinds import AGENT, ASSIGNMENT, DISCOVERY, MODULE, WORKSPACE
from atlas.core.records.message import Discovery, Recipient, new_discovery, new_recipient
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.results.discoveries import DiscoverResult, InterruptResult, SentInstead, Shared
from atlas.core.rules import graph, roles
from atlas.core.rules.reach import is_occupied
from atlas.core.text import visible
from atlas.services.project.context import Context
from atlas.services.project.phases import executing

from .mailbox import post

Told = tuple[list[SentInstead], list[str]]
"""Who of those without a workspace gets a message, and which people are to be told."""
LONGEST = {"text": 4000, "impact": 2000, "action": 2000}
_PRIORITY = {"critical": "urgent", "important": "high"}


def share(
    context: Context,
    severity: str,
    affects: Sequence[str],
    words: dict[str, str],
    sender: str | None = None,
    request: str | None = None,
) -> DiscoverResult:
    """Record a discovery, for everybody whose module is affected or builds on one that is; `info` is for nobody.

    `words` are its `text` and, if there is more to say, `impact` and `action`; what is too long is cut, and named in
    the result. The sender is whoever calls, or an agent for whom the lead speaks; it gets nothing itself. The same
    `request` makes no second discovery.
    Raises AtlasError when a module or the sender is unknown, or a worker speaks for another agent.
    """
    text, cut = _fit(words)
    modules = list(dict.fromkeys(affects))
    if not modules:
        raise AtlasError("name at least one module that is affected: --affects MODULE")

    def run(tx: Transaction, actor: roles.Actor) -> DiscoverResult:
        executing(tx)
        for module in modules:
            tx.need(MODULE, module)
        fields = {"kind": SHARED, "severity": severity, "affects": modules, "stop": False, **text}
        discovery = _new(tx, _sender(tx, actor, sender), fields, request)
        return {**_keep(tx, discovery, _address_affected), "cut": cut}

    return context.transact("discover", run)


def interrupt(
    context: Context, agent_id: str, text: str, stop: bool = False, request: str | None = None
) -> InterruptResult:
    """Stop an AI agent before its next tool call with a word from whoever calls; `stop` has it end its turn there.

    Without a workspace the agent gets it as an urgent message. The same `request` makes no second interrupt.
    Raises AtlasError when there is no such agent, or it is a person.
    """
    words, cut = _fit({"text": text})

    def run(tx: Transaction, actor: roles.Actor) -> InterruptResult:
        executing(tx)
        if tx.need(AGENT, agent_id)["type"] != AI:
            raise AtlasError(f"{agent_id} is a person, not an AI agent: reach them outside ATLAS")
        fields = {"kind": INTERRUPT, "severity": "critical", "affects": [], "stop": stop, **words}
        word = _new(tx, _sender(tx, actor, None), fields, f"{agent_id} {request}" if request else None)
        return {**_keep(tx, word, lambda tx, word: _address_agent(tx, word, agent_id)), "cut": cut}

    return context.transact("interrupt", run)


def tell(tx: Transaction, workspaces: Sequence[Workspace], text: str) -> None:
    """Record something important that ATLAS found itself, for the workers of these workspaces."""
    words, _ = _fit({"text": text})
    affects = sorted({workspace["module"] for workspace in workspaces if workspace["module"]})
    fields = {"kind": SHARED, "severity": "important", "affects": affects, "stop": False, **words}
    discovery = _new(tx, ATLAS, fields, None)
    discovery["recipients"] = [_recipient(workspace) for workspace in workspaces if is_occupied(workspace)]
    tx.put(DISCOVERY, discovery)


def stop_work(
    tx: Transaction,
    actor: roles.Actor,
    assignment: Assignment,
    text: str,
    severity: str = "critical",
    stop: bool = False,
) -> str | None:
    """Stop an agent before its next tool call with what concerns one assignment, and `stop` ends its turn there.

    Returns the id of that word; where the agent has no workspace, None, and nothing is done.
    """
    places = [w for w in tx.where(WORKSPACE, task_uuid=assignment["task_uuid"]) if is_occupied(w)]
    if not places:
        return None
    words, _ = _fit({"text": text})
    fields = {"kind": INTERRUPT, "severity": severity, "affects": [], "stop": stop, **words}
    word = _new(tx, _sender(tx, actor, None), fields, None)
    word["recipients"] = [_recipient(workspace) for workspace in places]
    tx.put(DISCOVERY, word)
    return word["id"]


# What is said, and by whom


def _harmless_character(character: str) -> str:
    """The character where it may be shown as it is, a blank for any other white space, and nothing for the rest."""
    if visible(character) or character in "\n\t":
        return character
    return " " if character.isspace() else ""


def _fit(words: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The texts of a discovery without control characters, and cut; with the names of those that were cut.

    Raises AtlasError when there is no text.
    """
    fitted, cut = {}, []
    for field, most in LONGEST.items():
        lines = words.get(field, "").replace("\r\n", "\n")
        text = "".join(map(_harmless_character, lines)).strip()
        if len(text) > most:
            cut.append(field)
            left_out = len(text) - most
            text = text[: most - 60].rstrip() + f"\n[cut: more than {left_out} characters left out]"
        fitted[field] = text
    if not fitted["text"]:
        raise AtlasError("the text is empty: say in it what was found")
    return fitted, cut


def _sender(tx: Transaction, actor: roles.Actor, claimed: str | None) -> str:
    if claimed is None:
        return actor["agent"] or actor["role"]
    roles.require_own(actor, claimed, f"the name {claimed[:80]!r}")
    return tx.need(AGENT, claimed)["id"]


def _new(tx: Transaction, sender: str, fields: dict[str, Any], request: str | None) -> Discovery:
    mark = hashlib.sha256(f"{sender} {request}".encode()).hexdigest()[:12] if request else os.urandom(6).hex()
    return new_discovery(id=f"disc-{mark}", sender=sender, created_at=tx.at, **fields)


def _keep(tx: Transaction, discovery: Discovery, address: Callable[[Transaction, Discovery], Told]) -> Shared:
    """Put a new discovery, addressed; or find it there from the same request before.

    Raises AtlasError when that request was about something else.
    """
    present = tx.get(DISCOVERY, discovery["id"])
    if present is None:
        by_message, people = address(tx, discovery)
        tx.put(DISCOVERY, discovery)
        return {"discovery": discovery, "created": True, "by_message": by_message, "people": people}
    if any(present[field] != discovery[field] for field in ("kind", "severity", "affects", "text", "stop")):
        raise AtlasError(f"that request id stands for another one, {present['id']}: choose a new one")
    return {"discovery": present, "created": False, "by_message": [], "people": []}


# For whom


def _address_affected(tx: Transaction, discovery: Discovery) -> Told:
    """Whoever works on an affected module, or on one that builds on it, but not the sender."""
    by_message: list[SentInstead] = []
    people: list[str] = []
    if discovery["severity"] == "info":
        return by_message, people
    concerned = graph.with_dependants(graph.graph_of(tx.all(MODULE)), discovery["affects"])
    occupied = {workspace["task_uuid"]: workspace for workspace in tx.all(WORKSPACE) if is_occupied(workspace)}
    for assignment in tx.where(ASSIGNMENT, status=LIVE):
        agent, module = assignment["agent"], assignment["module"]
        if module not in concerned or agent == discovery["sender"]:
            continue
        if assignment["task_uuid"] in occupied:
            discovery["recipients"].append(_recipient(occupied[assignment["task_uuid"]]))
        elif assignment["agent_type"] == AI:
            by_message.append(_message(tx, discovery, agent, assignment["task_uuid"]))
        else:
            people.append(agent)
    return by_message, sorted(set(people))


def _address_agent(tx: Transaction, word: Discovery, agent: str) -> Told:
    word["recipients"] = [_recipient(w) for w in tx.where(WORKSPACE, agent=agent) if is_occupied(w)]
    return [] if word["recipients"] else [_message(tx, word, agent, None)], []


def _recipient(workspace: Workspace) -> Recipient:
    agent, module = workspace["agent"] or "", workspace["module"] or ""
    return new_recipient(agent=agent, workspace=workspace["name"], module=module)


def _message(tx: Transaction, discovery: Discovery, agent: str, task_uuid: str | None) -> SentInstead:
    subject = discoveries.discovery_subject(discovery)
    priority = _PRIORITY[discovery["severity"]]
    sent = post(tx, agent, subject, discoveries.discovery(discovery), priority=priority, task_uuid=task_uuid)
    return {"agent": agent, "message": sent["id"]}
