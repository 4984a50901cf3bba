"""What an agent is asked about its progress, and what the lead is told of one that does not answer."""

from __future__ import annotations

from collections.abc import Sequence

from atlas.core.records.plan import Module

POLL_QUESTIONS = (
    "Progress: what is done since the last report?",
    "Next: what will you do next?",
    "Issues: what went wrong?",
    "Unclear: what in the instructions is unclear?",
    "Difficulties: what is harder than expected?",
    "Needs: what do you need from the lead?",
)


def poll_body(module: Module, unanswered_since: str | None = None, may_edit: bool = True) -> str:
    """The question how a module stands; who `may_edit` not yet cannot report progress, and is told what it can do."""
    reminder = f"No poll was answered since {unanswered_since}. " if unanswered_since else ""
    how = f"atlas report {module['id']} {'progress' if may_edit else 'blocked'} --text …"
    instead = "" if may_edit else "You may not edit yet: do what you were asked to do before. If you cannot, "
    return (
        f"{reminder}How does {module['id']} stand? {instead}{'A' if may_edit else 'a'}nswer with `{how}` on:\n"
        + "\n".join(f"- {question}" for question in POLL_QUESTIONS)
    )


def silent_body(module: Module, agent: str, since: str, polls: int, others: Sequence[str]) -> str:
    """What the lead is told of an agent that does not answer, and `others` that have nothing to do."""
    idle = f" Without work: {', '.join(others[:10])}." if others else " Every other AI agent is at work."
    return (
        f"{agent} has not answered {polls} polls about {module['id']} since {since}, and no work of its shows. It is "
        "asked no more until it is heard of. Tell the person.\n"
        f"To give the module to another agent, with the work that there is: `atlas reassign {module['id']} --to AGENT "
        f"--force`.{idle}"
    )
