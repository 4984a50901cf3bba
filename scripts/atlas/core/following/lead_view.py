"""What the lead's next action depends on, and what the lead waits for."""

from __future__ import annotations

from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, MESSAGE, MODULE
from atlas.core.records.plan import Module
from atlas.core.records.protocol import Records
from atlas.core.records.team import AI
from atlas.core.rules import graph

from . import whose_turn
from .reviews import waiting_reviews
from .whose_turn import OpenWork

MOST_TRIES = 5
"""After which a message that cannot be delivered is a matter for the person."""
_NAMED = 6


class LeadView:
    """What the lead's next action depends on."""

    def __init__(self, board: OpenWork, lead: str | None) -> None:
        self.board, self.records, self.lead = board, board.records, lead
        self.live, self.rules = board.live, board.rules
        self.by_ai = [assignment for assignment in self.live if assignment["agent_type"] == AI]
        self.agents = {agent["id"]: agent for agent in self.records.all(AGENT)}
        self.ready = _ready_modules(self.records)
        busy = {assignment["agent"] for assignment in self.live}
        self.free = [key for key, agent in self.agents.items() if agent["type"] == AI and key not in busy]
        self.failed = self.records.where(MESSAGE, status="failed")

    def at(self, *steps: str) -> Assignment | None:
        """The first assignment whose agent waits for one of these steps of the lead's."""
        return next((one for one in self.by_ai if whose_turn.missing_step(one, self.rules) in steps), None)

    def unanswered(self, status: str) -> Assignment | None:
        """The first assignment of that status whose agent has had no word since it said so."""
        found = (one for one in self.live if one["status"] == status)
        return next((one for one in found if not whose_turn.has_word(self.records, one)), None)


def _ready_modules(records: Records) -> list[Module]:
    pending, complete = records.where(MODULE, status="pending"), records.keys(MODULE, status="complete")
    return graph.unblocked_modules(pending, set(complete))


def has_work(desk: LeadView, assignment: Assignment) -> bool:
    """Whether the agent of an assignment can do something about it now."""
    if assignment["handover"] or whose_turn.is_for_lead(desk.records, assignment, desk.rules):
        return False
    helped = assignment["status"] == "blocked" and whose_turn.has_word(desk.records, assignment)
    return assignment["status"] in ("assigned", "in_progress") or helped


def awaited_by_lead(desk: LeadView) -> str:
    """Those that the lead waits for, in a line."""
    at_work = [one for one in desk.live if one["status"] != "reviewing"]
    names = [f"{a['agent']} with {a['module']} ({a['status'].replace('_', ' ')})" for a in at_work]
    names += [f"{one['module']}, which {one['waits']}" for one in waiting_reviews(desk.board)]
    if desk.ready and desk.agents and not desk.free:
        names.append(f"a free agent for {desk.ready[0]['id']}")
    given_up = [one for one in desk.failed if one["attempts"] >= MOST_TRIES]
    names += [f"the person, for {one['to']} cannot be sent {one['id']}" for one in given_up]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
