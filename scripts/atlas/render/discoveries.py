"""Discoveries and their receipts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import quote_under

if TYPE_CHECKING:
    from atlas.core.records.discovery import Discovery, Recipient
    from atlas.core.results.discoveries import DiscoverResult, InterruptResult


def render_discovery(result: DiscoverResult | InterruptResult) -> str:
    """What was recorded, who gets it and how, and what has come of it so far."""
    discovery = result["discovery"]
    lines = [f"{discovery['id']} is {'now' if result['created'] else 'already'} recorded: {discovery_line(discovery)}"]
    lines += [f"  {receipt_text(recipient)}" for recipient in discovery["recipients"]]
    for sent in result["by_message"]:
        lines.append(f"  {sent['agent']} has no workspace to be interrupted in: it got {sent['message']} instead")
    for person in result["people"]:
        lines.append(f"  {person} is a person: tell them")
    if result["created"] and len(lines) == 1:
        lines.append("  for nobody at work now" if discovery["severity"] != "info" else "  info is for the record only")
    if result["cut"]:
        lines.append(f"Too long, so cut: {', '.join(result['cut'])}")
    return "\n".join(lines)


def discovery_rows(discovery: Discovery) -> list[str]:
    """A discovery, and under it where it stands with each of those it is for."""
    head = f"{discovery['id']}  {discovery_line(discovery)}"
    return [head, *(f"  {receipt_text(recipient)}" for recipient in discovery["recipients"])]


def discovery_line(discovery: Discovery) -> str:
    """A discovery: how weighty, whose, and, marked, the beginning of it."""
    stop = ", with a stop" if discovery["stop"] else ""
    what = f"{discovery['severity']} {discovery['kind']} from {discovery['sender']}{stop}"
    return quote_under(what, discovery["text"], 80)


def receipt_text(recipient: Recipient) -> str:
    """Where a discovery stands with one of those it is for."""
    where = f"{recipient['agent']} in {recipient['workspace']}"
    if recipient["status"] != "delivered":
        return f"{where}: {recipient['status']}"
    return f"{where}: delivered {recipient['delivered_at']}, before {recipient['tool']}, session {recipient['session']}"
