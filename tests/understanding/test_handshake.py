"""From the assignment to the authorisation: each step, each again, and each out of turn."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.board import status
from atlas.core.records.assignment import ReportKind
from atlas.services.assignments import reports
from atlas.services.messages import inbox
from atlas.services.orchestration import modules
from atlas.services.understanding import authorisation, judgement, questions, verification
from tests.kit.orchestrations import assign, reassign

from .office import LEAD, ONE, TWO, Office, nothing_changes, refused


def test_the_whole_of_it(office: Office) -> None:
    assert office.repeat(criteria=["c1"])["waits_for"] == "repeat"
    assert office.repeat()["waits_for"] == "judge"
    assert office.ask("Which port?")["question"]["id"] == "q1"
    assert office.confirm()["waits_for"] == "answer"
    assert questions.answer_question(office.as_(LEAD), "api", None, "8080")["waits_for"] == "authorize"
    assert office.authorize()["waits_for"] == "nothing"
    found = office.verification()
    assert found["status"] == "verified"
    assert (found["repetition_received"], found["repetition_correct"], found["attempts"]) == (True, True, 2)
    assert (found["questions_asked"], found["questions_answered"]) == (1, 1)
    assert found["authorized_at"] is not None
    told = [(message["subject"].partition(" - UUID")[0], message["sender"]) for message in office.mail("one")[1:]]
    assert told == [("[CLARIFICATION] Module: api", "lead")] * 2 + [("RE: [TASK] Module: api", "lead")]
    authorized = office.mail("one")[-1]
    assert authorized["subject"].endswith(" - AUTHORIZED TO PROCEED")
    assert authorized["task_uuid"] in authorized["subject"]
    assert "| I write the routes" in authorized["body"]
    assert "8080" in authorized["body"]


def test_the_task_says_what_to_repeat_and_how(office: Office) -> None:
    task = office.mail("one")[0]
    assert "c1: Requests work\nc2: Errors are 4xx" in task["body"]
    assert "atlas repeat api --criteria c1,c2 --file" in task["body"]
    assert "src/api/**" in task["body"]


def test_the_same_again_changes_nothing(office: Office) -> None:
    office.repeat(criteria=["c1"])
    assert nothing_changes(office, lambda: office.repeat(criteria=["c1"]))["waits_for"] == "repeat"
    office.repeat()
    nothing_changes(office, office.repeat)
    office.ask("Which port?")
    nothing_changes(office, lambda: office.ask("Which port?"))
    office.confirm()
    nothing_changes(office, office.confirm)
    nothing_changes(office, office.repeat)
    for _ in range(2):
        questions.answer_question(office.as_(LEAD), "api", None, "8080")
    nothing_changes(office, lambda: questions.answer_question(office.as_(LEAD), "api", "q1", "8080"))
    office.authorize()
    nothing_changes(office, office.authorize)
    nothing_changes(office, office.repeat)
    assert office.verification()["attempts"] == 2


def test_a_correction_is_told_and_the_next_attempt_can_be_right(office: Office) -> None:
    office.repeat()
    office.correct("Errors matter most: say how you test them")
    nothing_changes(office, lambda: office.correct("Errors matter most: say how you test them"))
    said = office.mail("one")[-1]
    assert said["subject"].endswith(" - CORRECTION NEEDED")
    assert "The lead says:\nErrors matter most" in said["body"]
    assert "You have 2 attempts" in said["body"]
    assert nothing_changes(office, office.repeat)["waits_for"] == "repeat"
    assert "was corrected already" in refused(lambda: office.correct("And another thing"))
    office.repeat(text="I test the errors first")
    assert office.confirm()["verification"]["attempts"] == 2


def test_the_lead_may_change_its_mind_before_it_authorises(office: Office) -> None:
    office.repeat()
    office.correct("No")
    assert office.confirm()["waits_for"] == "authorize"
    assert office.correct("No, really")["waits_for"] == "repeat"
    assert "has not repeated api correctly yet" in refused(office.authorize)


def test_what_atlas_found_wrong_cannot_be_confirmed(office: Office) -> None:
    office.repeat(files=["src/board/x.py"])
    assert "cannot be right: src/board/x.py is outside the scope" in refused(office.confirm)
    assert "was corrected already" in refused(lambda: office.correct("No"))


def test_what_atlas_found_wrong_can_be_right_later(office: Office) -> None:
    """Since what the others claim has changed: the same words are compared again."""
    office.repeat(files=["src/board/x.py"])
    modules.modify_module(office.as_(LEAD), "api", {"add_scope": ["src/board/x.py"]})
    assert office.repeat(files=["src/board/x.py"])["waits_for"] == "judge"


@pytest.mark.parametrize("by", ["atlas", "lead", "both"])
def test_after_three_wrong_attempts_the_module_is_back_in_the_pool(by: str, office: Office) -> None:
    for attempt in range(1, 4):
        of_atlas = by == "atlas" or (by == "both" and attempt % 2)
        result = office.repeat(text=f"attempt {attempt}", criteria=["c1"] if of_atlas else ["c1", "c2"])
        if not of_atlas:
            assert result["returned"] is False
            result = office.correct(f"No {attempt}")
    assert result["returned"] is True
    assert (office.module()["status"], office.module()["assigned_to"]) == ("pending", None)
    assert office.assignment()["status"] == "released"
    assert office.mail("one")[-1]["subject"].startswith("[STOP] Module: api - UUID: task-")
    told = office.mail("lead")
    assert [message["sender"] for message in told] == ["atlas"]
    assert "one did not repeat api correctly in 3 attempts" in told[0]["body"]
    (shown,) = status.board_status(office.as_(None))["returned"]
    assert (shown["module"], shown["agent"]) == ("api", "one")
    assert "nobody has it" in refused(office.repeat)
    assign(office.as_(LEAD), "api", "two")
    assert office.verification()["attempts"] == 0
    assert status.board_status(office.as_(None))["returned"] == []


def test_nothing_is_done_out_of_turn(office: Office) -> None:
    assert "has not repeated api yet" in refused(office.confirm)
    assert "has not repeated api yet" in refused(lambda: office.correct("No"))
    assert "has not repeated api yet" in refused(lambda: judgement.show_repetition(office.as_(LEAD), "api", None))
    assert "has not repeated api correctly yet" in refused(office.authorize)
    assert "api has 0 open questions" in refused(lambda: questions.answer_question(office.as_(LEAD), "api", None, "42"))
    office.repeat()
    assert "confirm or correct it" in refused(office.authorize)
    assert "is with the lead" in refused(lambda: office.repeat(text="Better words"))
    office.ask("Why?")
    office.confirm()
    assert "answer its questions" in refused(office.authorize)
    assert "is with the lead" in refused(lambda: office.repeat(text="Better words"))
    questions.answer_question(office.as_(LEAD), "api", "q1", "Because")
    office.authorize()
    assert "there is nothing to repeat" in refused(lambda: office.repeat(text="Better words"))
    assert "is authorised already" in refused(lambda: office.correct("Stop"))


def test_the_agent_is_asked_again_but_not_while_it_has_not_read_that(office: Office) -> None:
    def ask() -> Any:
        return judgement.request_repetition(office.as_(LEAD), "one", None)

    assert ask()["changed"] is True
    assert nothing_changes(office, ask)["changed"] is False
    assert office.mail("one")[-1]["subject"].endswith(" - REPETITION NEEDED")
    inbox.read_inbox(office.as_(ONE), "one")
    assert ask()["changed"] is True
    office.repeat()
    assert "record-repetition api --correct" in refused(ask)
    office.confirm()
    assert "authorize api" in refused(ask)


def test_questions_each_have_their_answer(office: Office) -> None:
    office.ask("Which port?")
    office.ask("Which host?")
    answer = questions.answer_question
    assert "2 open questions: open are q1, q2" in refused(lambda: answer(office.as_(LEAD), "api", None, "8080"))
    assert "no question 'q3'" in refused(lambda: answer(office.as_(LEAD), "api", "q3", "8080"))
    assert "say the answer" in refused(lambda: answer(office.as_(LEAD), "api", None, "q1"))
    answer(office.as_(LEAD), "api", "q2", "localhost")
    answer(office.as_(LEAD), "api", None, "8080")
    assert [one["answer"] for one in office.verification()["questions"]] == ["8080", "localhost"]
    assert "q1 of api is answered already" in refused(lambda: answer(office.as_(LEAD), "api", "q1", "80"))
    assert "| Which port?\n\nThe lead answers:\n8080" in office.mail("one")[-1]["body"]


def test_a_question_during_the_work_takes_nothing_back(office: Office) -> None:
    office.begin()
    office.ask("And the weather?")
    office.report("done")
    assert office.verification()["status"] == "verified"


def test_questions_that_were_asked_elsewhere_count(office: Office) -> None:
    def record(count: int, answered: int) -> Any:
        return authorisation.count_questions(office.as_(LEAD), "one", "api", count, answered)

    office.repeat()
    office.confirm()
    assert record(2, 1)["waits_for"] == "answer"
    nothing_changes(office, lambda: record(2, 1))
    assert "answer its questions" in refused(office.authorize)
    office.ask("Which port?")
    for wrong in ((0, 0), (1, 1), (3, 3), (2, 3), (10**6, 0)):
        assert "cannot be" in refused(lambda numbers=wrong: record(*numbers))  # type: ignore[misc]
    questions.answer_question(office.as_(LEAD), "api", None, "8080")
    assert "cannot be" in refused(lambda: record(1, 0))
    assert record(3, 3)["waits_for"] == "authorize"


def test_people_are_exempt(office: Office) -> None:
    assert office.verification("docs")["status"] == "verified"
    for call in (
        lambda: office.repeat("docs", session=None),
        lambda: office.ask("Why?", "docs", session=None),
        lambda: office.authorize("dev-alice"),
        lambda: office.confirm("docs"),
        lambda: questions.answer_question(office.as_(LEAD), "docs", None, "Because"),
    ):
        assert "dev-alice is a person" in refused(call)
    assert [one["agent"] for one in verification.understanding_status(office.as_(LEAD), None)["verifications"]] == [
        "one",
        "two",
    ]
    reports.report_module(office.as_(None), "docs", "started", "")


def test_it_is_per_assignment_never_per_agent(office: Office) -> None:
    office.begin()
    reassign(office.as_(LEAD), "board", "one", force=True)
    assert office.verification("board")["status"] == "awaiting_repetition"
    assert "stands for 2 assignments (modules: api, board): say which" in refused(lambda: office.authorize("one"))
    assert "has not repeated board correctly" in refused(
        lambda: authorisation.authorize_agent(office.as_(LEAD), "one", "board")
    )
    reassign(office.as_(LEAD), "api", "two", force=True)
    reassign(office.as_(LEAD), "api", "one", force=True)
    assert office.verification()["status"] == "awaiting_repetition"


@pytest.mark.parametrize("kind", ["started", "progress", "done"])
def test_a_worker_reports_nothing_before_it_is_authorised(kind: ReportKind, office: Office) -> None:
    assert "repeat the task first: atlas repeat api" in refused(lambda: office.report(kind))
    office.repeat()
    assert "the lead has to confirm" in refused(lambda: office.report(kind))
    office.ask("Why?")
    office.confirm()
    assert "the lead has to answer" in refused(lambda: office.report(kind))
    questions.answer_question(office.as_(LEAD), "api", None, "Because")
    assert "the lead has to authorise" in refused(lambda: office.report(kind))
    office.report("blocked")
    office.authorize()
    office.report(kind)


@pytest.mark.parametrize("session", [None, LEAD])
def test_the_lead_and_the_person_report_for_it(session: str | None, office: Office) -> None:
    office.report("done", session=session)
    assert office.module()["status"] == "pending_verification"


def test_a_project_can_do_without(office: Office) -> None:
    office.switch_off()
    office.report("done")
    reassign(office.as_(LEAD), "board", "one", force=True)
    assert "atlas repeat" not in office.mail("one")[-1]["body"]


def test_others_may_write_down_what_the_agent_said_elsewhere(office: Office) -> None:
    assert office.repeat(session=None, criteria=["c1"])["verification"]["repetition"]["by"] == "person"
    assert office.mail("one")[-1]["subject"].endswith(" - CORRECTION NEEDED")
    assert office.repeat(session=LEAD)["verification"]["repetition"]["by"] == "lead"


@pytest.mark.parametrize("target", ["one", "api"])
def test_agent_and_module_both_name_it(target: str, office: Office) -> None:
    office.repeat()
    office.confirm(target)
    office.authorize(target)


def test_what_is_named_must_be_there(office: Office) -> None:
    assert "'nobody' is neither an agent nor a module" in refused(lambda: office.authorize("nobody"))
    assert "0 assignments (modules: api)" in refused(
        lambda: authorisation.authorize_agent(office.as_(LEAD), "one", "board")
    )
    assert "'nothing' not found" in refused(lambda: office.repeat("nothing"))
    assert "'nothing' not found" in refused(lambda: verification.understanding_status(office.as_(LEAD), "nothing"))


def test_a_workers_hands_are_off_what_is_not_its_own(office: Office) -> None:
    office.repeat()
    assert "api belongs to one, not to two" in refused(lambda: office.repeat(session=TWO))
    assert "api belongs to one, not to two" in refused(lambda: office.ask("Why?", session=TWO))
    for call in (
        lambda: office.authorize(session=ONE),
        lambda: judgement.judge_repetition(office.as_(ONE), "api", None, None),
        lambda: judgement.request_repetition(office.as_(ONE), "api", None),
        lambda: authorisation.count_questions(office.as_(ONE), "api", None, 0, 0),
        lambda: verification.understanding_status(office.as_(ONE), "api"),
    ):
        assert "one may not use 'verify-instructions'" in refused(call)
    assert "one may not use 'answer'" in refused(lambda: questions.answer_question(office.as_(ONE), "api", None, "Yes"))
