"""What agents answer to polls, and the polls that there were."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.records.kinds import AGENT, ASSIGNMENT, POLL
from atlas.core.records.rows import contents_of
from atlas.core.records.whole import whole_assignments
from atlas.services.project.phases import orchestration_workflow
from atlas.services.project.settings import current_settings

from .asking import assignments_of, count_sent

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.rows import PollContents
    from atlas.core.results.polling import ModulePoll, PollAnswered, PollHistory
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

_LONGEST_ANSWER = 20_000


def record_response(context: Context, agent_id: str, module_id: str | None, text: str) -> PollAnswered:
    """Note what an agent answered to the last poll; the same again changes nothing.

    Raises AtlasError when it is not known which module it is about, no poll has gone out, or it has an answer already.
    """
    if not text.strip() or len(text) > _LONGEST_ANSWER:
        raise AtlasError(f"the response has {len(text.strip())} characters: give 1 to {_LONGEST_ANSWER}")

    def run(tx: Transaction, actor: Actor) -> PollAnswered:
        orchestration_workflow(tx)
        found = assignments_of(tx, agent_id, module_id)
        if len(found) > 1:
            raise AtlasError(f"{agent_id} has {', '.join(a['module'] for a in found)}: say with --module which it is")
        (assignment,) = found
        count_sent(tx, assignment, poll_schedule.polling_times(current_settings(tx)))
        asked = [one for one in tx.where(POLL, task_uuid=assignment["task_uuid"]) if one["sent_at"]]
        if not asked:
            raise AtlasError(f"no poll about {assignment['module']} has gone out: ask with `atlas poll {agent_id}`")
        poll = asked[-1]
        if poll["answer"] not in ("", text):
            raise AtlasError(f"poll #{poll['number']} has another answer: use `atlas report` for more")
        if not poll["answer"]:
            times = poll_schedule.polling_times(current_settings(tx))
            poll_schedule.note_heard(tx, assignment, tx.at, "response", times)
            poll = tx.patch(POLL, tx.need(POLL, poll["row"]), answer=text)
            number, module = poll["number"], assignment["module"]
            tx.emit("PollAnswered", module=module, agent=agent_id, number=number, text=text)
            tx.put(ASSIGNMENT, assignment)
        contents = cast("PollContents", contents_of(poll))
        return {"agent": agent_id, "module": assignment["module"], "poll": contents}

    return context.transact("poll", run)


def poll_history(context: Context, agent_id: str, module_id: str | None) -> PollHistory:
    """The polls of an agent's assignments, those that are over too. Raises AtlasError when there is no such agent."""

    def run(tx: Transaction, actor: Actor) -> PollHistory:
        tx.need(AGENT, agent_id)
        mine = [a for a in tx.where(ASSIGNMENT, agent=agent_id) if module_id in (None, a["module"])]
        polls: list[ModulePoll] = [
            {"module": a["module"], **one}
            for a in whole_assignments(tx, mine)
            for one in a["progress_polling"]["poll_history"]
        ]
        return {"agent": agent_id, "polls": polls}

    return context.read("poll", run)
