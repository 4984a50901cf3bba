"""Who is to review a module that waits for it: the lead's reviewer, another agent, or only a person."""

from __future__ import annotations

import re

from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import EVIDENCE, MESSAGE, MODULE
from atlas.core.records.team import AI
from atlas.core.results.proof import ReviewStanding, WaitingReviews
from atlas.core.rules import completion
from atlas.core.verbs import LEAD, PERSON

from .actions import Action, make_action
from .whose_turn import OpenWork

REVIEWER_TYPE = "atlas:reviewer"
"""The kind of subagent that reviews for the lead; the plugin has it in `agents/`."""


class _Waiting:
    """A module that waits for reviews.

    The lead's subagent is one reviewer, however often it is started. `asked` are the AI agents at work that may review
    it, have not, and were asked to since it was first proven; `unasked` are the others.
    """

    def __init__(self, work: OpenWork, assignment: Assignment) -> None:
        records, name = work.records, assignment["module"]
        module, last = records.need(MODULE, name), records.last(EVIDENCE, module=name, passed=True)
        commit = last["commit"] if last is not None else ""
        proven = records.where(EVIDENCE, module=name, passed=True, commit=commit)
        since = proven[0]["seq"] if proven else 0
        reviews = completion.reviews_of(records, module, commit)
        barred = completion.workers_on(records, name).union(one["by"] for one in reviews)
        able = dict.fromkeys(a["agent"] for a in work.live if a["agent_type"] == AI and a["agent"] not in barred)
        self.name, self.task = name, assignment["task_uuid"]
        self.standing: ReviewStanding = completion.review_standing(records, module, commit)
        self.wants_subagent = all(one["role"] != LEAD for one in reviews)
        self.asked = [agent for agent in able if _is_asked(work, agent, name, since)]
        self.unasked = [agent for agent in able if agent not in self.asked]

    @property
    def count(self) -> str:
        """How many reviews there are, and are wanted."""
        return f"{len(self.standing['by'])} of {self.standing['rounds']}"

    def next_agent(self) -> str | None:
        """The agent that the lead is to ask for a review, if enough others are not asked already."""
        missing = self.standing["rounds"] - len(self.standing["by"])
        return self.unasked[0] if self.unasked and len(self.asked) < missing else None

    def text(self) -> str:
        """For what it waits, to go on from its name."""
        if completion.may_land(self.standing):
            return f"has its reviews ({self.count}): `atlas complete {self.name}`"
        if self.wants_subagent:
            return f"waits for a review ({self.count}), by a subagent of the lead"
        others = ", or for one by " + ", ".join(self.asked) if self.asked else ""
        return f"waits for a person's review ({self.count}){others}"


def waiting_reviews(work: OpenWork) -> list[WaitingReviews]:
    """The modules that wait for reviews, and for whose."""
    return [{**one.standing, "waits": one.text()} for one in _waiting(work)]


def review_action(work: OpenWork) -> Action | None:
    """What the lead is to do about the first module that waits for reviews; None when only others can go on."""
    return next((action for one in _waiting(work) if (action := _action_about(one)) is not None), None)


def _waiting(work: OpenWork) -> list[_Waiting]:
    return [_Waiting(work, one) for one in work.live if one["status"] == "reviewing"]


def _is_asked(work: OpenWork, agent: str, module: str, since: int) -> bool:
    """Whether an agent was asked for a review of a module since a change."""
    told = (one for one in work.records.where(MESSAGE, to=agent, sender=(LEAD, PERSON)) if one["seq"] > since)
    texts = (f"{one['subject']}\n{one['body']}" for one in told)
    names = re.compile(rf"(?<![a-z0-9-]){re.escape(module)}(?![a-z0-9-])")
    return any("review" in text.lower() and names.search(text) for text in texts)


def _action_about(one: _Waiting) -> Action | None:
    module, key = one.name, f"{one.task}:{one.standing['commit'][:12]}:{len(one.standing['by'])}"
    if completion.may_land(one.standing):
        return make_action(f"land:{key}", f"{module} has its reviews. Land it: `atlas complete {module}`.")
    passed = f"The checks of {module} passed, and it waits for a review ({one.count})."
    if one.wants_subagent:
        text = (
            f"{passed} Start a subagent of the type `{REVIEWER_TYPE}` with the prompt "
            f'"Review {module}: begin with `atlas review {module}`."'
        )
        return make_action(f"review:{key}", text, others_may=True)
    agent = one.next_agent()
    if agent is None:
        return None
    text = (
        f"{passed} Ask {agent} for it: `atlas notify {agent} --subject 'Review {module}' "
        f"--message 'Please review it, from your workspace: atlas review {module}'`."
    )
    return make_action(f"ask-review:{key}:{agent}", text)
