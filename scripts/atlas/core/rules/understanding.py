"""Whether an agent has understood its task, and so may edit: a protocol per assignment, part of which is compared here.

The agent repeats the task with a structured answer, ATLAS compares that with the module, the lead confirms or corrects
it, every question gets its answer, and only then the agent is authorised. People are exempt.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from atlas.core.errors import AtlasError
from atlas.core.records.assignment import Assignment, Verification, VerificationFields, new_verification
from atlas.core.records.rows import RepetitionContents
from atlas.core.records.team import HUMAN
from atlas.core.records.whole import WholeAssignment, WholeVerification
from atlas.core.text import name_known, one_line

from . import updates, verdicts

if TYPE_CHECKING:
    from atlas.core.records.plan import Module
    from atlas.core.results.understanding import WaitsFor

RULE = "understanding"
MOST_ATTEMPTS = 3
REPEAT: Final = "repeat"
JUDGE: Final = "judge"
ANSWER: Final = "answer"
AUTHORIZE: Final = "authorize"
NOTHING: Final = "nothing"
"""What an assignment can wait for: the first is the agent's to do, the next three are the lead's."""


class Claim(NamedTuple):
    """What somebody else at work regards as theirs: `files`, and whatever the paths and globs of `scope` cover."""

    agent: str
    module: str
    scope: tuple[str, ...]
    files: frozenset[str]


def reopen_verification(verification: Verification) -> Verification:
    """The verification of a task that was changed: the agent repeats it anew. What was asked and answered stays."""
    anew = new_verification()
    anew["questions_asked"] = verification["questions_asked"]
    anew["questions_answered"] = verification["questions_answered"]
    return anew


def may_edit(assignment: Assignment | WholeAssignment, chosen: dict[str, str]) -> bool:
    """Whether the agent of a live assignment may edit yet. `chosen` are the verdicts that the project chose, by
    rule."""
    if updates.pause_reason(assignment):
        return False
    verification = assignment["instruction_verification"]
    authorized = verification["status"] == "verified" and verification["authorized_at"] is not None
    return authorized or assignment["agent_type"] == HUMAN or verdicts.rule_verdict(RULE, chosen) == verdicts.OFF


def require_editable(assignment: Assignment, chosen: dict[str, str]) -> None:
    """Raise AtlasError, saying what is missing, unless the agent may edit."""
    if may_edit(assignment, chosen):
        return
    module, paused = assignment["module"], updates.pause_reason(assignment)
    if paused:
        raise AtlasError(paused)
    missing = {
        REPEAT: f"repeat the task first: atlas repeat {module} … (`atlas repeat --help`)",
        JUDGE: "the lead has to confirm your repetition: wait for its word in your mailbox",
        ANSWER: "the lead has to answer your questions: wait for its word in your mailbox",
        AUTHORIZE: "the lead has to authorise you: wait for its word in your mailbox",
    }
    raise AtlasError(
        f"{assignment['agent']}'s understanding of {module} is not confirmed yet; "
        f"{missing[waits_for(assignment['instruction_verification'])]}"
    )


def describe_next(assignment: Assignment) -> str:
    """The next step towards the authorisation of an agent, and the command for it."""
    module = assignment["module"]
    return {
        REPEAT: f"the repetition: atlas repeat {module} …",
        JUDGE: f"the lead's word: atlas verify-instructions record-repetition {module} --correct",
        ANSWER: f'the answer to a question: atlas answer {module} "…"',
        AUTHORIZE: f"the authorisation: atlas verify-instructions authorize {module}",
    }[waits_for(assignment["instruction_verification"])]


def waits_for(verification: Verification | WholeVerification) -> WaitsFor:
    """The next step: one of REPEAT, JUDGE, ANSWER, AUTHORIZE, or NOTHING when the agent is authorised."""
    if verification["status"] == "verified":
        return NOTHING
    if verification["repetition"] is None or verification["findings"] or verification["correction"]:
        return REPEAT
    if not verification["repetition_correct"]:
        return JUDGE
    return ANSWER if open_questions(verification) else AUTHORIZE


def open_questions(verification: VerificationFields) -> int:
    """How many questions have no answer yet, those asked elsewhere among them."""
    return verification["questions_asked"] - verification["questions_answered"]


def gave_up(assignment: Assignment) -> bool:
    """Whether an assignment ended because its agent did not repeat the task correctly often enough."""
    verification = assignment["instruction_verification"]
    wrong = bool(verification["findings"] or verification["correction"])
    return assignment["status"] == "released" and wrong and verification["attempts"] >= MOST_ATTEMPTS


def criteria_by_id(module: Module) -> dict[str, str]:
    """The acceptance criteria by the ids that they go by: c1, c2, … in their order."""
    return {f"c{number}": text for number, text in enumerate(module["acceptance_criteria"], 1)}


def compare_repetition(module: Module, repetition: RepetitionContents, claims: Iterable[Claim]) -> list[str]:
    """What a repetition gets wrong as far as ATLAS can tell, a sentence each; none when it agrees with the module.

    A file that the module's scope names itself is its own, whoever else claims it.
    """
    criteria = criteria_by_id(module)
    found = [
        f"{one_line(name, 40)} is no criterion of {module['id']}: {name_known(name, criteria, 'it has', len(criteria))}"
        for name in repetition["criteria"]
        if name not in criteria
    ]
    found += [
        f"{name} is missing: {one_line(text)}" for name, text in criteria.items() if name not in repetition["criteria"]
    ]
    claims = list(claims)
    for file in repetition["files"]:
        if module["scope"] and not any(covers_path(scope, file) for scope in module["scope"]):
            found.append(f"{file} is outside the scope of {module['id']}: {one_line(', '.join(module['scope']))}")
        elif file not in map(posixpath.normpath, module["scope"]):
            found += [
                f"{file} is {claim.agent}'s, who works on {claim.module}: leave it, or ask the lead"
                for claim in claims
                if claims_path(claim, file)
            ]
    return found


def claims_path(claim: Claim, path: str) -> bool:
    """Whether a file, or something in a folder, is claimed."""
    within = any(file == path or file.startswith(f"{path}/") or path.startswith(f"{file}/") for file in claim.files)
    return within or any(covers_path(scope, path) for scope in claim.scope)


def covers_path(scope: str, path: str) -> bool:
    """Whether a path is what a scope names, or lies in it.

    `*` and `?` stand for anything within one name, `**` for any number of folders; brackets are ordinary letters.
    """
    names = path.split("/")
    reached = {0}  # how many of the names may have been used up
    for piece in posixpath.normpath(scope).split("/"):
        if piece == "**":
            reached = set(range(min(reached), len(names) + 1)) if reached else reached
        else:
            literal = piece.replace("[", "[[]")
            reached = {used + 1 for used in reached if used < len(names) and fnmatchcase(names[used], literal)}
    return any(reached)
