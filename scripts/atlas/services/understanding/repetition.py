"""What agents say of their instructions before they may work: repetitions, which ATLAS compares itself, and questions.

The lead's part is in `verification`. Whoever says what, only the records decide: words in a text authorise nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

from atlas.adapters.git import git, tree_status
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.following import poll_schedule
from atlas.core.letters import handshake, subjects
from atlas.core.paths import Project, contains, own_path
from atlas.core.records.assignment import Assignment, Question, Repetition, new_question
from atlas.core.records.constants import ATLAS
from atlas.core.records.kinds import ASSIGNMENT, MODULE, WORKSPACE
from atlas.core.records.message import INSTRUCTION_VERIFICATION, LEAD_MAILBOX
from atlas.core.records.plan import Module
from atlas.core.records.team import HUMAN
from atlas.core.records.transitions import LIVE
from atlas.core.records.workspace import Workspace
from atlas.core.results.understanding import AskResult, RepeatResult, Standing
from atlas.core.rules import roles, understanding
from atlas.core.rules.reach import is_occupied
from atlas.core.rules.understanding import Claim
from atlas.services.assignments import assignments
from atlas.services.messages.mailbox import post
from atlas.services.project.context import Context
from atlas.services.project.phases import executing
from atlas.services.project.settings import current
from atlas.services.project.workspace_paths import workspace_of_task

LONGEST_TEXT = 20_000
LONGEST_WORDS = 4_000
MOST_FILES = 200
MOST_QUESTIONS = 50


def repeat(context: Context, module_id: str, said: dict[str, Any]) -> RepeatResult:
    """Record how the agent of a module repeats its task, and compare that with the module.

    `said` has the fields of a Repetition but `at` and `by`. When ATLAS finds something, the result has `findings` and
    the attempt was a wrong one; the last of them gives the module back. The same repetition again changes nothing.
    Raises AtlasError when it is not the agent's to repeat now, or something is missing, too long or no path.
    """
    _require_bounded(said)
    changed = _changed_files(context, module_id)

    def run(tx: Transaction, actor: roles.Actor) -> RepeatResult:
        executing(tx)
        module, assignment = assignments.live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        require_ai(assignment)
        repetition: Any = {**said, "at": tx.at, "by": actor["agent"] or actor["role"]}
        repetition["criteria"] = list(dict.fromkeys(said["criteria"]))
        repetition["files"] = _own_files(context.project, workspace_of_task(tx, assignment["task_uuid"]), said["files"])
        findings = understanding.compare(module, repetition, _claims(tx, assignment, changed))
        verification = assignment["instruction_verification"]
        if not _is_same(verification["repetition"], repetition) or (
            verification["correction"] is None and findings != verification["findings"]
        ):
            _require_turn(assignment)
            _record(tx, module, assignment, repetition, findings)
        return result(module, tx.need(ASSIGNMENT, assignment["task_uuid"]))

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
        is_there = os.path.isabs(path) and contains(folder, os.path.normpath(path))
        return own_path(os.path.relpath(path, folder) if is_there else path, "--file")

    return list(dict.fromkeys(map(inner, files)))


def _is_same(before: Repetition | None, now: Repetition) -> bool:
    return before is not None and {**before, "at": now["at"], "by": now["by"]} == now


def _require_turn(assignment: Assignment) -> None:
    waits = understanding.waits_for(assignment["instruction_verification"])
    module = assignment["module"]
    if waits == understanding.NOTHING:
        raise AtlasError(f"{assignment['agent']} is authorised to work on {module}: there is nothing to repeat")
    if waits != understanding.REPEAT:
        raise AtlasError(f"the repetition of {module} is with the lead: wait for its word in your mailbox")


def _record(
    tx: Transaction, module: Module, assignment: Assignment, repetition: Repetition, findings: list[str]
) -> None:
    verification = assignment["instruction_verification"]
    verification.update(
        {
            "status": "correcting",
            "repetition_received": True,
            "repetition_correct": False,
            "attempts": verification["attempts"] + 1,
            "repetition": repetition,
            "findings": findings,
            "correction": None,
        }
    )
    note_life(tx, assignment)
    if findings:
        tell_wrong(tx, module, assignment, unless_by=repetition["by"])


def tell_wrong(tx: Transaction, module: Module, assignment: Assignment, unless_by: str | None = None) -> None:
    """Tell an agent, `unless_by` itself, that its repetition was wrong; after the last one, take the module back."""
    verification = assignment["instruction_verification"]
    if verification["attempts"] >= understanding.MOST_ATTEMPTS:
        _take_back(tx, module, assignment)
    elif assignment["agent"] != unless_by:
        subject = subjects.correction_subject(module, assignment["task_uuid"])
        say(tx, assignment, subject, handshake.correction_body(module, verification))


def _take_back(tx: Transaction, module: Module, assignment: Assignment) -> None:
    """Put a module back into the pool: its agent is told to stop, and the lead, for the person, why."""
    agent, task_uuid = assignment["agent"], assignment["task_uuid"]
    assignments.leave(tx, assignment)
    assignments.give_back(tx, assignment)
    say(tx, assignment, subjects.returned_subject(module, task_uuid), handshake.returned_body(module))
    post(
        tx,
        LEAD_MAILBOX,
        subjects.unassigned_subject(module, task_uuid),
        handshake.unassigned_body(module, agent, assignment["instruction_verification"]),
        priority="high",
        task_uuid=task_uuid,
        sender=ATLAS,
    )


def reopen(tx: Transaction, module: Module, assignment: Assignment) -> bool:
    """Have an agent repeat a task that was changed. Returns whether it has begun, at least to say what it will do,
    and so is to be stopped.

    What it has reported as done is in work again.
    """
    verification = assignment["instruction_verification"]
    begun = verification["attempts"] > 0 or understanding.may_edit(assignment, current(tx)["gates"])
    status = "in_progress" if assignment["status"] == "reported" else assignment["status"]
    if status != assignment["status"]:
        tx.patch(MODULE, module, status=status)
    anew = understanding.reopened(verification)
    tx.patch(ASSIGNMENT, assignment, status=status, instruction_verification=anew)
    return begun


def say(tx: Transaction, assignment: Assignment, subject: str, body: str) -> None:
    """Tell an agent something about its instructions."""
    kind, task_uuid = INSTRUCTION_VERIFICATION, assignment["task_uuid"]
    by = ATLAS if (tx.actor or {}).get("agent") == assignment["agent"] else None
    post(tx, assignment["agent"], subject, body, kind=kind, priority="high", task_uuid=task_uuid, sender=by)


def note_life(tx: Transaction, assignment: Assignment) -> None:
    """Put an assignment whose agent has just said something of its instructions."""
    poll_schedule.heard(assignment, tx.at, "verification", poll_schedule.times_of(current(tx)))
    tx.put(ASSIGNMENT, assignment)


def result(module: Module, assignment: Assignment) -> Standing:
    """How the verification of an assignment stands."""
    verification = assignment["instruction_verification"]
    return {
        "module": module["id"],
        "agent": assignment["agent"],
        "task_uuid": assignment["task_uuid"],
        "verification": verification,
        "waits_for": understanding.waits_for(verification),
        "criteria": understanding.criteria_of(module),
        "returned": understanding.gave_up(assignment),
        "attempts_left": understanding.MOST_ATTEMPTS - verification["attempts"],
    }


def require_ai(assignment: Assignment) -> None:
    """Raise AtlasError for an assignment of a person."""
    if assignment["agent_type"] == HUMAN:
        raise AtlasError(f"{assignment['agent']} is a person: people need no authorisation, talk to them")


# What others claim


def _changed_files(context: Context, own_module: str) -> dict[str, set[str]]:
    """For each other workspace in use what was changed in it, committed or not, so far as git can tell.

    It is looked up before the lock is held, so it may be a moment old.
    """

    def others(tx: Transaction, actor: roles.Actor) -> tuple[list[Workspace], str | None]:
        found = [w for w in tx.all(WORKSPACE) if is_occupied(w) and w["module"] != own_module]
        return found, executing(tx)["integration_branch"]

    workspaces, branch = context.read("repeat", others)
    changed = {}
    for workspace in workspaces:
        folder = os.path.join(context.project.root, workspace["path"])
        with contextlib.suppress(AtlasError, OSError):
            begun = git.run(folder, "merge-base", "HEAD", branch) if branch else workspace["base_commit"]
            changed[workspace["name"]] = tree_status.changed_since(folder, begun)
    return changed


def _claims(tx: Transaction, own: Assignment, changed: dict[str, set[str]]) -> list[Claim]:
    """What the other live assignments claim: their module's scope, what they said, and what they changed."""
    places = {w["task_uuid"]: w["name"] for w in tx.all(WORKSPACE) if is_occupied(w)}
    claims = []
    for other in tx.where(ASSIGNMENT, status=LIVE):
        if other["task_uuid"] in places and other["task_uuid"] != own["task_uuid"]:
            module = tx.need(MODULE, other["module"])
            files = _announced(other) | changed.get(places[other["task_uuid"]], set())
            claims.append(Claim(other["agent"], module["id"], tuple(module["scope"]), files))
    return claims


def _announced(assignment: Assignment) -> frozenset[str]:
    """The files that an agent said it will touch, unless that was wrong."""
    verification = assignment["instruction_verification"]
    repetition = verification["repetition"]
    if repetition is None or verification["findings"] or verification["correction"]:
        return frozenset()
    return frozenset(repetition["files"])


# Questions


def ask(context: Context, module_id: str, text: str) -> AskResult:
    """Record a question about a module, which its agent has; the same question again changes nothing.

    Raises AtlasError when it is blank or too long, there are too many, or the module is not the agent's.
    """
    if not text.strip():
        raise AtlasError("the question is empty: say what is unclear")
    if len(text) > LONGEST_WORDS:
        raise AtlasError(f"the question has {len(text)} characters: at most {LONGEST_WORDS}")

    def run(tx: Transaction, actor: roles.Actor) -> AskResult:
        executing(tx)
        module, assignment = assignments.live_assignment(tx, module_id)
        roles.require_own(actor, assignment["agent"], module_id)
        require_ai(assignment)
        verification = assignment["instruction_verification"]
        asked = next((one for one in verification["questions"] if one["text"] == text), None)
        if asked is None:
            asked = _new_question(tx.at, verification["questions"], text)
            verification["questions"].append(asked)
            verification["questions_asked"] += 1
            note_life(tx, assignment)
        return {**result(module, assignment), "question": asked}

    return context.transact("ask", run)


def _new_question(at: str, before: list[Question], text: str) -> Question:
    if len(before) >= MOST_QUESTIONS:
        raise AtlasError(f"{MOST_QUESTIONS} questions were asked: report blocked, and say what you need")
    return new_question(id=f"q{len(before) + 1}", text=text, asked_at=at)
