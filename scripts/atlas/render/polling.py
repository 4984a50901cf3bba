"""Polls and their answers as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.records.message import DELIVERED
from atlas.core.text import mark_lines, quote_under

if TYPE_CHECKING:
    from atlas.core.results.polling import (
        Active,
        Asked,
        CheckAgentsResult,
        Escalated,
        NotDue,
        PollAnswered,
        PollHistory,
        PollSent,
        Unsent,
    )


def render_polling(result: CheckAgentsResult | PollSent) -> str:
    """What came of asking: who was asked, who works, who does not answer, and who was not due."""
    lines = [_asked_line(one) for one in result["polled"]]
    lines += [f"{_agent_and_module(one)}: its poll has not gone out yet, it is sent again" for one in result["unsent"]]
    lines += _not_asked(result) if "active" in result else []
    for message in result["undelivered"]:
        why = message["error"] or "one before it has to go out first"
        lines.append(quote_under(f"Not sent, kept in the outbox: {message['id']} to {message['to']}", why, 600))
    lines += [quote_under("Note", trouble, 600) for trouble in result["troubles"]]
    return "\n".join(lines) or "No AI agent has a module: nobody to ask."


def _not_asked(result: CheckAgentsResult) -> list[str]:
    lines = [
        quote_under(f"{_agent_and_module(one)}: not asked before {one['due']}, it is at work", one["what"], 80)
        for one in result["active"]
    ]
    lines += [
        f"{_agent_and_module(one)}: {one['unanswered']} polls unanswered since {one['since']}. {suggestion_text(one)}"
        for one in result["escalated"]
    ]
    return [*lines, *(f"{_agent_and_module(one)}: {_not_due_text(one)}" for one in result["not_due"])]


def suggestion_text(one: Escalated) -> str:
    """What to do about an agent that does not answer."""
    to = one["idle_agents"][0] if one["idle_agents"] else "AGENT"
    return f"Tell the person, who may want: atlas reassign {one['module']} --to {to} --force"


def _agent_and_module(one: Asked | Unsent | Active | Escalated | NotDue) -> str:
    return f"{one['agent']} on {one['module']}"


def _asked_line(one: Asked) -> str:
    how = "" if one["priority"] == "normal" else f", a reminder, {one['priority']}"
    went = "asked" if one["status"] in DELIVERED else f"not asked yet ({one['status']}):"
    return f"{went} {one['agent']} about {one['module']} (progress check #{one['number']}{how})"


def _not_due_text(one: NotDue) -> str:
    return f"not due before {one['due']}" if one["due"] else "not asked, until it is heard of or has work again"


def render_poll_history(result: PollHistory) -> str:
    """Every poll of an agent, and what it answered as quoted lines."""
    lines = []
    for poll in result["polls"]:
        sent = f"sent {poll['sent_at']}" if poll["sent_at"] else "not sent yet"
        answered = f"answered {poll['answered_at']} by {poll['answered_by']}" if poll["answered_at"] else "no answer"
        lines.append(f"{poll['module']} #{poll['number']} [{poll['priority']}] {sent}, {answered}")
        lines += [mark_lines(poll["answer"])] if poll["answer"] else []
    return "\n".join(lines) or f"{result['agent']} was never polled"


def render_response(result: PollAnswered) -> str:
    """The line that the lead sees after it recorded an agent's answer to a poll."""
    return f"{result['agent']}'s answer to poll #{result['poll']['number']} about {result['module']} is recorded"
