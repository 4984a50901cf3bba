"""Discoveries: who gets them, and what becomes of that.

The records are the authority; what waits in a workspace follows from them (`projections`), and the receipts that a
monitor leaves there are folded into them (`records.facts`). Whoever has no workspace gets a message instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.records.constants import SHARED
from atlas.core.records.kinds import ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.records.transitions import LIVE
from atlas.core.rules import graph, roles
from atlas.core.rules.reach import is_occupied
from atlas.core.verbs import ATLAS
from atlas.services.project.phases import executing_workflow

from .composing import (
    Addressed,
    draft_discovery,
    find_sender,
    fit_texts,
    keep_once,
    put_word,
    recipient_at,
    send_as_message,
)

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.discovery import Discovery
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.discoveries import DiscoverResult, SentInstead
    from atlas.services.project.context import Context


def share_discovery(
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
    text, cut = fit_texts(words)
    modules = list(dict.fromkeys(affects))
    if not modules:
        raise AtlasError("name at least one module that is affected: --affects MODULE")

    def run(tx: Transaction, actor: roles.Actor) -> DiscoverResult:
        executing_workflow(tx)
        for module in modules:
            tx.need(MODULE, module)
        fields = {"kind": SHARED, "severity": severity, "affects": modules, "stop": False, **text}
        discovery = draft_discovery(tx, find_sender(tx, actor, sender), fields, request)
        return {**keep_once(tx, discovery, _address_affected), "cut": cut}

    return context.transact("discover", run)


def tell_workspaces(tx: Transaction, workspaces: Sequence[Workspace], text: str) -> None:
    """Record something important that ATLAS found itself, for the workers of these workspaces."""
    words, _ = fit_texts({"text": text})
    affects = sorted({workspace["module"] for workspace in workspaces if workspace["module"]})
    fields = {"kind": SHARED, "severity": "important", "affects": affects, "stop": False, **words}
    discovery = draft_discovery(tx, ATLAS, fields, None)
    discovery["recipients"] = [recipient_at(workspace) for workspace in workspaces if is_occupied(workspace)]
    put_word(tx, discovery)


def _address_affected(tx: Transaction, discovery: Discovery) -> Addressed:
    """Whoever works on an affected module, or on one that builds on it, but not the sender."""
    by_message: list[SentInstead] = []
    people: list[str] = []
    if discovery["severity"] == "info":
        return by_message, people
    concerned = graph.with_dependants(graph.dependency_graph(tx.all(MODULE)), discovery["affects"])
    occupied = {workspace["task_uuid"]: workspace for workspace in tx.all(WORKSPACE) if is_occupied(workspace)}
    for assignment in tx.where(ASSIGNMENT, status=LIVE):
        agent, module = assignment["agent"], assignment["module"]
        if module not in concerned or agent == discovery["sender"]:
            continue
        if assignment["task_uuid"] in occupied:
            discovery["recipients"].append(recipient_at(occupied[assignment["task_uuid"]]))
        elif assignment["agent_type"] == AI:
            by_message.append(send_as_message(tx, discovery, agent, assignment["task_uuid"]))
        else:
            people.append(agent)
    return by_message, sorted(set(people))
