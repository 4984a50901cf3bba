"""What discoveries and interrupts have in common: texts cut to size, a sender, recipients, one record a request."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.ids import sha256_hex
from atlas.core.letters import discoveries
from atlas.core.records.constants import INTERRUPT
from atlas.core.records.discovery import Discovery, Recipient, new_discovery, new_recipient
from atlas.core.records.kinds import AGENT, DISCOVERY
from atlas.core.records.workspace import Workspace
from atlas.core.results.discoveries import SentInstead, Shared
from atlas.core.rules import roles
from atlas.core.text import is_visible

from .mailbox import post_message

Addressed = tuple[list[SentInstead], list[str]]
"""Who of those without a workspace gets a message, and which people are to be told."""
LONGEST_TEXTS = {"text": 4000, "impact": 2000, "action": 2000}
_PRIORITY = {"critical": "urgent", "important": "high"}


def _harmless_character(character: str) -> str:
    """The character where it may be shown as it is, a blank for any other white space, and nothing for the rest."""
    if is_visible(character) or character in "\n\t":
        return character
    return " " if character.isspace() else ""


def fit_texts(words: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The texts of a discovery without control characters, and cut; with the names of those that were cut.

    Raises AtlasError when there is no text.
    """
    fitted, cut = {}, []
    for field, most in LONGEST_TEXTS.items():
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


def find_sender(tx: Transaction, actor: roles.Actor, claimed: str | None) -> str:
    """Who speaks: whoever acts, or the agent that the lead speaks for."""
    if claimed is None:
        return actor["agent"] or actor["role"]
    roles.require_own(actor, claimed, f"the name {claimed[:80]!r}")
    return tx.need(AGENT, claimed)["id"]


def draft_discovery(tx: Transaction, sender: str, fields: dict[str, Any], request: str | None) -> Discovery:
    """A discovery without recipients; the same `request` of a sender gives the same id."""
    mark = sha256_hex(f"{sender} {request}")[:12] if request else os.urandom(6).hex()
    return new_discovery(id=f"disc-{mark}", seq=tx.seq + 1, sender=sender, created_at=tx.at, **fields)


def keep_once(tx: Transaction, discovery: Discovery, address: Callable[[Transaction, Discovery], Addressed]) -> Shared:
    """Put a new discovery, addressed; or find it there from the same request before.

    Raises AtlasError when that request was about something else.
    """
    present = tx.get(DISCOVERY, discovery["id"])
    if present is None:
        by_message, people = address(tx, discovery)
        put_word(tx, discovery)
        return {"discovery": discovery, "created": True, "by_message": by_message, "people": people}
    if any(present[field] != discovery[field] for field in ("kind", "severity", "affects", "text", "stop")):
        raise AtlasError(f"that request id stands for another one, {present['id']}: choose a new one")
    return {"discovery": present, "created": False, "by_message": [], "people": []}


def put_word(tx: Transaction, discovery: Discovery) -> None:
    """Put a new discovery, or a word that interrupts, and say that it was."""
    tx.put(DISCOVERY, discovery)
    sender, text = discovery["sender"], discovery["text"]
    to = sorted({recipient["agent"] for recipient in discovery["recipients"]})
    if discovery["kind"] == INTERRUPT:
        tx.emit("InterruptSent", discovery=discovery["id"], sender=sender, to=to, text=text)
        return
    severity, affects = discovery["severity"], discovery["affects"]
    about = {"discovery": discovery["id"], "sender": sender, "severity": severity, "affects": affects}
    tx.emit("DiscoveryShared", **about, to=to, text=text)


def recipient_at(workspace: Workspace) -> Recipient:
    """The worker in a workspace as a recipient who has not got it yet."""
    agent, module = workspace["agent"] or "", workspace["module"] or ""
    return new_recipient(agent=agent, workspace=workspace["name"], module=module)


def send_as_message(tx: Transaction, discovery: Discovery, agent: str, task_uuid: str | None) -> SentInstead:
    """Post a discovery to an agent that has no workspace."""
    subject = discoveries.discovery_subject(discovery)
    priority = _PRIORITY[discovery["severity"]]
    sent = post_message(
        tx, agent, subject, discoveries.discovery_text(discovery), priority=priority, task_uuid=task_uuid
    )
    return {"agent": agent, "message": sent["id"]}
