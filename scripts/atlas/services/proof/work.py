"""What is to be completed, and on whose word where a condition is not met."""

from __future__ import annotations

from typing import NamedTuple

from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.workspace import IN_USE
from atlas.core.rules import roles
from atlas.core.rules.completion import unmet_condition
from atlas.services.assignments.assignments import live_assignment
from atlas.services.project.phases import executing_workflow
from atlas.services.project.settings import current_settings
from atlas.services.project.workspace_paths import workspace_of_task

_LONGEST = 4000


class Words(NamedTuple):
    """What is said in the place of checks (`reason`), of a commit, and of any condition (`override`); None: nothing."""

    reason: str | None = None
    no_commit: str | None = None
    override: str | None = None


def read_words(reason: str | None, no_commit: str | None, override: str | None) -> Words:
    """The words without the space around them. Raises AtlasError when one is too long to be kept."""
    words = Words(*((text or "").strip() or None for text in (reason, no_commit, override)))
    for name, text in words._asdict().items():
        if text and len(text) > _LONGEST:
            raise AtlasError(
                f"the text of --{name.replace('_', '-')} has {len(text)} characters: at most {_LONGEST}, "
                "put more into a file"
            )
    return words


class Work:
    """What is to be completed, on one snapshot: the module, who has it, and where it was done."""

    def __init__(self, tx: Transaction, actor: roles.Actor, module_id: str, words: Words) -> None:
        """Raises AtlasError, naming the first condition that is not met and the next step, when it cannot be."""
        if words.override:
            roles.require_permission(actor, "complete-override")
        self.workflow = executing_workflow(tx)
        self.module, self.assignment = live_assignment(tx, module_id)
        self.workspace = workspace_of_task(tx, self.assignment["task_uuid"])
        self.words = words
        unmet = unmet_condition(self.assignment, current_settings(tx)["gates"])
        if unmet and not words.override:
            raise AtlasError(f"{module_id} cannot be completed: {unmet}")
        if not (self.module["checks"] or words.reason or words.override):
            raise AtlasError(f"{module_id} has no checks: say with --reason TEXT how it was found to be done")
        if self.workspace is not None and self.workspace["status"] not in IN_USE:
            raise AtlasError(
                f"workspace {self.workspace['name']} is {self.workspace['status']}: give {module_id} to "
                f"{self.assignment['agent']} again with `atlas assign`"
            )

    def again(self, tx: Transaction, actor: roles.Actor) -> Work:
        """The same work on another snapshot.

        Raises AtlasError when the module was changed, or given to somebody else, or may not be completed any more.
        """
        now = Work(tx, actor, self.module["id"], self.words)
        if (now.module["checks"], now.assignment["task_uuid"]) != (self.module["checks"], self.assignment["task_uuid"]):
            raise AtlasError(f"{self.module['id']} was changed while its checks ran: run this again")
        return now
