"""How agents repeat their task before they may work, which ATLAS compares itself.

Whoever says what, only the records decide: words in a text authorise nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from atlas.core.errors import AtlasError
from atlas.core.paths import Project, contains_path, own_path
from atlas.core.records.kinds import ASSIGNMENT, REPETITION
from atlas.core.records.rows import contents_of, new_repetition
from atlas.core.rules import roles, understanding
from atlas.services.assignments import assignments
from atlas.services.project.phases import executing_workflow
from atlas.services.project.workspace_paths import workspace_of_task

from .claims import changed_files, read_claims
from .correction import tell_repetition_wrong
from .verification import LONGEST_TEXT, LONGEST_WORDS, note_sign_of_life, require_ai, understanding_result

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.assignment import Assignment
    from atlas.core.records.plan import Module
    from atlas.core.records.rows import Repetition, RepetitionContents
    from atlas.core.records.workspace import Workspace
    from atlas.core.results.understanding import RepeatResult
    from atlas.services.project.context import Context

MOST_FILES = 200
_TRIES = 8  # each needs another agent to have got a workspace in the moments since the others were looked at


def repeat_task(context: Context, module_id: str, said: dict[str, Any]) -> RepeatResult:
    """Record how the agent of a module repeats its task, and compare that with the module.

    `said` has the fields of a Repetition but `at` and `by`. When ATLAS finds something, the result has `findings` and
    the attempt was a wrong one; the last of them gives the module back. The same repetition again changes nothing.
    Raises AtlasError when it is not the agent's to repeat now, or something is missing, too long or no path.
    """
    _require_bounded(said)
    for _ in range(_TRIES):
        result = _repeat_beside(context, module_id, said, changed_files(context, module_id))
        if result is not None:
            return result
    raise AtlasError("other agents keep beginning while this is compared with their work: try again")


def _repeat_beside(
    context: Context, module_id: str, said: dict[str, Any], changed: dict[str, set[str]]
) -> RepeatResult | None:
    """The same beside what others changed; None, with nothing changed, when somebody else has begun meanwhile."""

    def run(tx: Transaction, actor: roles.Actor) -> RepeatResult | None:
        executing_workflow(tx)
        module, assignment = assignments.live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        require_ai(assignment)
        repetition: Any = {**said, "at": tx.at, "by": actor["agent"] or actor["role"]}
        repetition["criteria"] = list(dict.fromkeys(said["criteria"]))
        repetition["files"] = _own_files(context.project, workspace_of_task(tx, assignment["task_uuid"]), said["files"])
        claims = read_claims(tx, assignment, changed)
        if claims is None:
            return None
        findings = understanding.compare_repetition(module, repetition, claims)
        verification = assignment["instruction_verification"]
        if not _is_same_repetition(tx.get(REPETITION, verification["repetition"] or ""), repetition) or (
            verification["correction"] is None and findings != verification["findings"]
        ):
            _require_turn(assignment)
            _record_repetition(tx, module, assignment, repetition, findings)
        return understanding_result(tx, module, tx.need(ASSIGNMENT, assignment["task_uuid"]))

    return context.transact("repeat", run)


def _require_bounded(said: dict[str, Any]) -> None:
    texts = (("text", LONGEST_TEXT), ("out_of_scope", LONGEST_WORDS), ("evidence", LONGEST_WORDS))
    for field, most in texts:
        option = f"--{field.replace('_', '-')}"
        if not said[field].strip():
            raise AtlasError(f"{option} is empty: say it in your own words")
        if len(said[field]) > most:
            raise AtlasError(f"{option} has {len(said[field])} characters: at most {most}")
    for field in ("criteria", "files"):
        if len(said[field]) > MOST_FILES:
            raise AtlasError(f"{len(said[field])} {field} are too many: at most {MOST_FILES}")
    for name in said["criteria"]:
        if not name.isprintable() or not 0 < len(name) <= 40:
            raise AtlasError(f"--criteria: {name[:40]!r} is no id of a criterion: they are c1, c2, … in their order")


def _own_files(project: Project, workspace: Workspace | None, files: Sequence[str]) -> list[str]:
    """The files relative to the project's root, each once; within the workspace they may be given from there too."""
    folder = os.path.join(project.root, workspace["path"]) if workspace else project.root

    def inner(path: str) -> str:
        is_there = os.path.isabs(path) and contains_path(folder, os.path.normpath(path))
        return own_path(os.path.relpath(path, folder) if is_there else path, "--file")

    return list(dict.fromkeys(map(inner, files)))


def _is_same_repetition(before: Repetition | None, now: RepetitionContents) -> bool:
    return before is not None and {**contents_of(before), "at": now["at"], "by": now["by"]} == now


def _require_turn(assignment: Assignment) -> None:
    waits = understanding.waits_for(assignment["instruction_verification"])
    module = assignment["module"]
    if waits == understanding.NOTHING:
        raise AtlasError(f"{assignment['agent']} is authorised to work on {module}: there is nothing to repeat")
    if waits != understanding.REPEAT:
        raise AtlasError(f"the repetition of {module} is with the lead: wait for its word in your mailbox")


def _record_repetition(
    tx: Transaction, module: Module, assignment: Assignment, contents: RepetitionContents, findings: list[str]
) -> None:
    task_uuid, verification = assignment["task_uuid"], assignment["instruction_verification"]
    number = tx.count(REPETITION, task_uuid=task_uuid) + 1
    repetition = new_repetition(task_uuid=task_uuid, seq=tx.seq + 1, number=number, contents=contents)
    tx.put(REPETITION, repetition)
    verification.update(
        {
            "status": "correcting",
            "repetition_received": True,
            "repetition_correct": False,
            "attempts": verification["attempts"] + 1,
            "repetition": repetition["row"],
            "findings": findings,
            "correction": None,
        }
    )
    tx.emit(
        "RepetitionRecorded",
        module=module["id"],
        agent=assignment["agent"],
        findings=len(findings),
        text=repetition["text"],
    )
    note_sign_of_life(tx, assignment)
    if findings:
        tell_repetition_wrong(tx, module, assignment, unless_by=repetition["by"])
