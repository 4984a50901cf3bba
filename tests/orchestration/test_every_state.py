"""Every command, by every role, at a module in every status: the state stays whole, and a worker keeps to its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from atlas.board import status as board
from atlas.core.records.assignment import REPORTS
from atlas.core.records.kinds import ASSIGNMENT, EVIDENCE, MODULE
from atlas.core.records.transitions import TRANSITIONS
from atlas.services.assignments import agents, handoff, reports
from atlas.services.messages import inbox, notices
from atlas.services.orchestration import handover, leading, modules, starting, workflow
from atlas.services.plan import approval, beginning, module_edits
from atlas.services.project.context import Context
from atlas.services.proof import evidence
from atlas.services.proof.evidence import Demand
from atlas.services.sessions import poll_answers, polling
from atlas.services.understanding import (
    authorisation,
    judgement,
    questions,
    repetition,
    update_answers,
    update_decisions,
    update_sending,
)
from tests.kit.orchestrations import (
    all_files,
    assert_whole,
    assign,
    context,
    copy,
    plan_modules,
    project_of,
    reassign,
    records,
    refusal,
    start,
)
from tests.kit.orchestrations import repetition as repeated
from tests.support import make_repository

Call = Callable[[Context], Any]
ROLES = {"person": None, "lead": "s-lead", "one": "s-one", "two": "s-two"}
"""The sessions: two of them are workers'; the module is the first one's, where it is anybody's."""
WAYS: dict[str, list[Call]] = {
    "pending": [],
    "assigned": [lambda here: assign(here, "m0", "one")],
}
WAYS["in_progress"] = [*WAYS["assigned"], lambda here: reports.report_module(here, "m0", "started", "")]
WAYS["blocked"] = [*WAYS["assigned"], lambda here: reports.report_module(here, "m0", "blocked", "by the weather")]
WAYS["pending_verification"] = [*WAYS["assigned"], lambda here: reports.report_module(here, "m0", "done", "")]
WAYS["complete"] = [
    *WAYS["in_progress"],
    lambda here: evidence.complete_module(here, "m0", Demand("seen by eye", override="it is only tried out")),
]

NO_EDIT: Any = {}
LEADING: dict[str, Call] = {
    "plan": lambda here: beginning.start_plan(here, "Another goal"),
    "plan --abandon": lambda here: beginning.start_plan(here, "Another goal", abandon=True),
    "requirement": lambda here: module_edits.add_module(here, "new", "high", NO_EDIT),
    "approve": approval.approve_plan,
    "start": starting.start_workflow,
    "register": lambda here: agents.register_agent(here, "human", "three"),
    "assign to the same": lambda here: assign(here, "m0", "one"),
    "assign to another": lambda here: assign(here, "m0", "two", force=True),
    "assign what depends on it": lambda here: assign(here, "m1", "two"),
    "assign it nevertheless": lambda here: assign(here, "m1", "two", force=True),
    "reassign": lambda here: reassign(here, "m0", "two"),
    "reassign --force": lambda here: reassign(here, "m0", "two", force=True),
    "reassign to the same": lambda here: reassign(here, "m0", "one", force=True),
    "complete": lambda here: evidence.complete_module(here, "m0", Demand()),
    "complete --reason": lambda here: evidence.complete_module(here, "m0", Demand("seen by eye")),
    "complete --override": lambda here: evidence.complete_module(
        here, "m0", Demand("seen by eye", override="it is urgent")
    ),
    "modify add": lambda here: modules.add_module(here, "new", "low", {"add_dependencies": ["m0"]}),
    "modify modify": lambda here: modules.modify_module(here, "m0", {"add_criteria": ["and more"]}),
    "modify with a circle": lambda here: modules.modify_module(here, "m0", {"add_dependencies": ["m1"]}),
    "modify remove": lambda here: modules.remove_module(here, "m0"),
    "modify remove the other": lambda here: modules.remove_module(here, "m1"),
    "notify": lambda here: notices.notify_agent(here, "one", "Subject", "Body", "normal", "notification", None),
    "check-agents": polling.check_agents,
    "check-agents --all": lambda here: polling.check_agents(here, everybody=True),
    "poll": lambda here: polling.poll_agent(here, "one"),
    "poll --record-response": lambda here: poll_answers.record_response(here, "one", None, "well"),
    "update send": lambda here: update_sending.send_update(here, "m0", "design_update", "Use B"),
    "update record-receipt": lambda here: update_answers.record_receipt(here, "m0", "u1"),
    "update record-feasibility": lambda here: update_answers.record_feasibility(
        here, "m0", "u1", ["yes"] * 5, ["late"]
    ),
    "update resolve-concerns": lambda here: update_decisions.resolve_update(here, "m0", "u1", "bear it", None),
    "update authorize-resume": lambda here: update_decisions.authorize_update(here, "m0", "u1"),
    "reassign --force, its first step": lambda here: handover.stop_and_save(here, "m0", "two", 0),
    "handoff": lambda here: handoff.hand_off(here, "m0", "two"),
    "lead": leading.take_lead,
    "verify-instructions ask": lambda here: judgement.request_repetition(here, "m0", None),
    "verify-instructions record-repetition": lambda here: judgement.judge_repetition(here, "m0", None, None),
    "verify-instructions record-questions": lambda here: authorisation.count_questions(here, "m0", None, 1, 1),
    "verify-instructions authorize": lambda here: authorisation.authorize_agent(here, "m0", None),
    "answer": lambda here: questions.answer_question(here, "m0", None, "because"),
}
OWN: dict[str, Call] = {
    f"report {kind}": lambda here, kind=kind: reports.report_module(here, "m0", kind, "in words")  # type: ignore[misc]
    for kind in REPORTS
}
OWN["ask"] = lambda here: questions.ask_question(here, "m0", "why?")
OWN["repeat"] = lambda here: repetition.repeat_task(here, "m0", repeated())
OWN["repeat wrongly"] = lambda here: repetition.repeat_task(here, "m0", repeated(criteria=["c9"]))
OWN["acknowledge"] = lambda here: update_answers.acknowledge_update(here, "m0", None, (), ())
OWN["inbox"] = lambda here: inbox.read_inbox(here, "one")
READING: dict[str, Call] = {
    "status": board.board_status,
    "check": workflow.check_workflow,
    "check-plan": approval.check_plan,
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two modules, of which the second depends on the first, a lead, and two workers bound to their sessions."""
    repo = make_repository(tmp_path_factory.mktemp("states") / "project")
    start(repo, ["m0", "m1"])
    leading.take_lead(context(repo, "s-lead"))
    modules.modify_module(context(repo), "m1", {"add_dependencies": ["m0"]})
    for name in ("one", "two"):
        agents.register_agent(context(repo), "ai", name, name)
        inbox.read_inbox(context(repo, f"s-{name}"), name)
    return repo


@pytest.mark.parametrize("status", WAYS)
def test_every_command_in_every_state(status: str, template: Path, tmp_path: Path) -> None:
    prepared = copy(template, tmp_path / "prepared")
    for way in WAYS[status]:
        way(context(prepared))
    assert records(assert_whole(prepared), MODULE)["m0"]["status"] == status
    repo = copy(prepared, tmp_path / "project")
    for name, call in {**LEADING, **OWN, **READING}.items():
        for role, session in ROLES.items():
            before = all_files(repo)
            refused = refusal(partial(call, context(repo, session)))
            replay = assert_whole(repo)
            if all_files(repo) != before:
                assert refused is None, f"{name} by {role} changed things, yet: {refused}"
                repo = copy(prepared, tmp_path / "project")
            assert_allowed(name, role, status, refused)
            if refused is None and name != "plan --abandon":
                new = records(replay, MODULE).get("m0", {"status": ""})["status"]
                assert new in (status, "complete", *TRANSITIONS["module"][status]), name


def assert_allowed(name: str, role: str, status: str, refused: str | None) -> None:
    """A worker uses the verbs of workers only, and those on its own module; only a person overrides."""
    if role in ("one", "two") and name in LEADING:
        assert f"{role} may not use '{name.split()[0]}" in str(refused)
    if name == "complete --override" and role != "person":
        assert refused is not None
    if name.startswith("complete") and refused is None:
        assert name == "complete --override", "what nobody confirmed was completed"
    if role == "two" and name in OWN and status not in ("pending", "complete"):
        assert "belongs to one, not to two" in str(refused)


def test_in_the_plan_phase_nothing_of_the_orchestration_works(repo: Path) -> None:
    plan_modules(repo, ["m0"])
    before = all_files(repo)
    for name, call in {**LEADING, **OWN}.items():
        if name.split()[0] not in ("plan", "requirement", "approve", "start", "lead", "inbox"):
            assert "not in the orchestration phase" in str(refusal(partial(call, context(repo)))), name
    assert all_files(repo) == before


def test_before_there_is_a_plan_nothing_works_but_making_one(repo: Path) -> None:
    for name, call in {**LEADING, **OWN}.items():
        if not name.startswith("plan"):
            assert "begin with atlas plan" in str(refusal(partial(call, context(repo)))), name
    assert all_files(repo) == {}
    assert not Path(project_of(repo).claude).exists()


def test_the_last_module_ends_the_orchestration(template: Path, tmp_path: Path) -> None:
    """After which work is refused, until the next plan begins with clean tables and the history of both."""
    repo = copy(template, tmp_path / "project")
    for module in ("m0", "m1"):
        assert module not in [one["module"] for one in records(assert_whole(repo), EVIDENCE).values()]
        assign(context(repo), module, "one")
        evidence.complete_module(context(repo), module, Demand("seen by eye", override="it is only tried out"))
    assert board.board_status(context(repo))["status"] == "complete"
    for name in ("register", "assign to another", "reassign", "modify add", "report done"):
        assert "the orchestration is complete" in str(refusal(partial({**LEADING, **OWN}[name], context(repo))))
    beginning.start_plan(context(repo), "The next goal")
    replay = assert_whole(repo)
    assert records(replay, MODULE) == records(replay, ASSIGNMENT) == {}
