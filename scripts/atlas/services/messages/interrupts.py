"""The lead's word that stops one agent before its next tool call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.errors import AtlasError
from atlas.core.records.constants import INTERRUPT
from atlas.core.records.kinds import AGENT, WORKSPACE
from atlas.core.records.team import AI
from atlas.core.rules.reach import is_occupied
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
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.discovery import Discovery
    from atlas.core.results.discoveries import InterruptResult
    from atlas.core.rules import roles
    from atlas.services.project.context import Context


def interrupt_agent(
    context: Context, agent_id: str, text: str, stop: bool = False, request: str | None = None
) -> InterruptResult:
    """Stop an AI agent before its next tool call with a word from whoever calls; `stop` has it end its turn there.

    Without a workspace the agent gets it as an urgent message. The same `request` makes no second interrupt.
    Raises AtlasError when there is no such agent, or it is a person.
    """
    words, cut = fit_texts({"text": text})

    def run(tx: Transaction, actor: roles.Actor) -> InterruptResult:
        executing_workflow(tx)
        if tx.need(AGENT, agent_id)["type"] != AI:
            raise AtlasError(f"{agent_id} is a person, not an AI agent: reach them outside ATLAS")
        fields = {"kind": INTERRUPT, "severity": "critical", "affects": [], "stop": stop, **words}
        word = draft_discovery(tx, find_sender(tx, actor, None), fields, f"{agent_id} {request}" if request else None)
        return {**keep_once(tx, word, lambda tx, word: _address_agent(tx, word, agent_id)), "cut": cut}

    return context.transact("interrupt", run)


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
    workspaces = [w for w in tx.where(WORKSPACE, task_uuid=assignment["task_uuid"]) if is_occupied(w)]
    if not workspaces:
        return None
    words, _ = fit_texts({"text": text})
    fields = {"kind": INTERRUPT, "severity": severity, "affects": [], "stop": stop, **words}
    word = draft_discovery(tx, find_sender(tx, actor, None), fields, None)
    word["recipients"] = [recipient_at(workspace) for workspace in workspaces]
    put_word(tx, word)
    return word["id"]


def _address_agent(tx: Transaction, word: Discovery, agent: str) -> Addressed:
    word["recipients"] = [recipient_at(w) for w in tx.where(WORKSPACE, agent=agent) if is_occupied(w)]
    return [] if word["recipients"] else [send_as_message(tx, word, agent, None)], []
