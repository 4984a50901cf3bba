"""Reviews: who may give one, what it must say, what it counts for, and what waits for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from atlas.app import context_at
from atlas.core.errors import AtlasError
from atlas.services.assignments import reports
from atlas.services.assignments.assignments import give_back_module, live_assignment
from atlas.services.proof import evidence
from atlas.services.proof.review_words import Said
from atlas.services.proof.reviews import record_review
from tests.kit.caller import Caller
from tests.kit.calls import Verdict, judged
from tests.kit.kept import Kept
from tests.kit.places import folder, handed_in, record, work
from tests.kit.project import Project, the_line
from tests.kit.sessions import Session, close_client
from tests.support import PYTHON, SCRIPTS, git, run

LEAD, MET = "lead-1", "c1=auth.txt:1"
TYPED = f"atlas review auth --met {MET}"


@pytest.fixture(scope="session")
def _handed_in(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("handed-in"), hand_in, _begun_shop)


def hand_in(root: Path) -> None:
    """Have `auth` reported done in a shop where each module needs one review."""
    shop = Project(root)
    shop.does("lead", session=LEAD)
    shop.does("settings", "review.rounds", "1")
    handed_in(shop)


@pytest.fixture
def ready(_handed_in: Kept) -> Project:
    """`auth` is reported done by implementer-1, and needs one review. The session `lead-1` leads."""
    return Project(_handed_in.put_back())


@pytest.fixture(scope="session")
def _waiting(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        hand_in(root)
        Project(root).does("complete", "auth", code=2, session=LEAD)

    return Kept(tmp_path_factory.mktemp("waiting"), make, _begun_shop)


@pytest.fixture
def waiting(_waiting: Kept) -> Project:
    """The checks of `auth` passed, and it waits for its review."""
    return Project(_waiting.put_back())


def called(project: Project, command: str, kind: str = "atlas:reviewer", agent: str = "a0b1", at: str = "") -> Verdict:
    """What the hook says of a call of the lead's session: of a subagent of a kind, or of the lead itself.

    What is run without a session after that is run in a plain terminal.
    """
    place = folder(project, at) if at else project.folder
    caller = Caller(place, session=LEAD, agent=agent, agent_type=kind, began=project.folder)
    verdict = judged(caller, "Bash", command=command)
    close_client(project.folder)
    return verdict


def by_reviewer(project: Project, *said: str, code: int = 0) -> Any:
    """The reviewer of the lead records a review: the hook first, then the command."""
    assert called(project, f"atlas review auth {' '.join(map(repr, said))}").verdict == "allow"
    return project.does("review", "auth", *said, code=code, session=LEAD)


def by_agent(project: Project, agent: str, *said: str, module: str = "board") -> Any:
    """An agent calls from the workspace of its own module."""
    if not folder(project, module).exists():
        project.does("assign", module, agent)
    return run(PYTHON, SCRIPTS / "atlas_cli.py", "review", "auth", *said, cwd=folder(project, module))


def by_person(project: Project, met: Sequence[str] = (MET,), unmet: Sequence[str] = ()) -> Any:
    """A person reviews; as with what follows, without a process of its own."""
    return record_review(context_at(str(project.folder)), "auth", Said(met, unmet, ""))


def completed(project: Project, module: str = "auth") -> Any:
    """What becomes of it when the lead completes a module."""
    return evidence.complete_module(context_at(str(project.folder), LEAD), module, evidence.Demand())


def verified(project: Project) -> Any:
    """What becomes of it when the lead has `auth` verified."""
    return evidence.verify_module(context_at(str(project.folder), LEAD), "auth", evidence.Demand())


def reported(project: Project, text: str) -> None:
    """The agent of `auth` reports it done."""
    reports.report_module(context_at(str(project.folder)), "auth", "done", text)


def status_of(project: Project) -> str:
    return str(project.assignment("auth")["status"])


def next_actions(project: Project) -> list[str]:
    """What the lead's role view says that it is to do, and for what it waits."""
    stop = json.loads((project.folder / ".git/atlas/gates/sessions" / LEAD).read_text("utf-8"))["stop"]
    return [*(action["text"] for action in stop["actions"]), stop["waiting"]]


def mentions(lines: Iterable[str], words: str) -> bool:
    return any(words in line for line in lines)


# Waiting for reviews.


def test_without_the_setting_nothing_waits(ready: Project) -> None:
    ready.does("settings", "review.rounds", "0")
    assert ready.does("complete", "auth", session=LEAD)["complete"] is True


def test_what_passed_waits_for_its_review_and_then_lands(ready: Project) -> None:
    result = ready.does("complete", "auth", code=2, session=LEAD)
    assert (result["passed"], result["complete"]) == (True, False)
    assert (result["reviews"]["rounds"], result["reviews"]["by"]) == (1, [])
    assert (ready.module("auth")["status"], status_of(ready)) == ("pending_verification", "reviewing")
    assert "auth waits for a review (0 of 1)" in ready.run("status").stdout
    assert mentions(next_actions(ready), "subagent of the type `atlas:reviewer`")

    assert by_reviewer(ready, "--met", MET)["standing"]["by"] == ["reviewer"]
    assert mentions(next_actions(ready), "auth has its reviews. Land it: `atlas complete auth`")
    assert ready.does("complete", "auth", session=LEAD)["complete"] is True
    assert "no more" not in ready.run("status").stdout


def test_a_review_may_come_before_it_is_asked_for(ready: Project) -> None:
    assert "verify it first, with `atlas verify auth`" in ready.refuses("review", "auth")
    verified(ready)
    by_person(ready)
    assert completed(ready)["complete"] is True


def test_one_reviewer_counts_once_and_then_only_others_can_go_on(waiting: Project) -> None:
    waiting.does("settings", "review.rounds", "2")
    by_reviewer(waiting, "--met", MET)
    assert by_reviewer(waiting, "--met", MET)["standing"]["by"] == ["reviewer"]
    assert completed(waiting)["reviews"]["by"] == ["reviewer"]
    actions = next_actions(waiting)
    assert not mentions(actions, "atlas:reviewer")
    assert not mentions(actions, "atlas complete auth")
    assert mentions(actions[-1:], "auth, which waits for a person's review (1 of 2)")
    assert "auth waits for a person's review (1 of 2)" in waiting.run("status").stdout

    by_person(waiting)
    assert [one["round"] for one in waiting.records("reviews").values()] == [1, 1, 2]
    assert completed(waiting)["complete"] is True


def test_an_agent_at_work_is_asked_once_for_what_is_missing(waiting: Project) -> None:
    waiting.does("settings", "review.rounds", "2")
    waiting.does("assign", "board", "implementer-2")
    by_reviewer(waiting, "--met", MET)
    assert mentions(next_actions(waiting), "Ask implementer-2 for it: `atlas notify implementer-2")
    waiting.does("notify", "implementer-2", "--subject", "Review auth", "--message", "Please", session=LEAD)
    actions = next_actions(waiting)
    assert not mentions(actions, "Ask implementer-2")
    assert mentions(actions[-1:], "waits for a person's review (1 of 2), or for one by implementer-2")
    done = by_agent(waiting, "implementer-2", "--met", MET)
    assert (done.returncode, done.stderr) == (0, "")
    assert completed(waiting)["complete"] is True


def test_a_new_commit_voids_the_reviews_of_the_one_before(waiting: Project) -> None:
    by_person(waiting)
    work(waiting, "auth", "more.txt")
    assert "its work is at" in waiting.refuses("review", "auth", "--met", MET)
    reported(waiting, "more")
    result = completed(waiting)
    assert (result["reviews"]["by"], len(waiting.records("reviews"))) == ([], 1)


def test_a_criterion_in_other_words_voids_them_too(waiting: Project) -> None:
    by_person(waiting)
    waiting.does("modify", "modify", "auth", "--add-criteria", "People log out", session=LEAD)
    assert status_of(waiting) == "in_progress"
    waiting.authorize("auth")
    reported(waiting, "again")
    assert completed(waiting)["reviews"]["by"] == []


def test_a_person_may_pass_over_reviews(waiting: Project) -> None:
    assert waiting.does("complete", "auth", "--override", "It is urgent")["complete"] is True


def test_an_agent_that_says_it_again_changes_nothing_and_may_go_on(waiting: Project) -> None:
    waiting.does("report", "auth", "done")
    assert status_of(waiting) == "reviewing"
    waiting.does("report", "auth", "progress", "--text", "There is more")
    assert status_of(waiting) == "in_progress"


def test_the_work_of_a_person_waits_too(ready: Project) -> None:
    ready.does("assign", "board", "dev-alice")
    ready.commit("board.txt", "x\n")
    completed(ready, "board")
    assert ready.assignment("board")["status"] == "reviewing"
    line = ready.refuses("review", "board", "--met", "c1=board.txt:1")
    assert "test@example.invalid wrote commits of board: somebody else is to review it" in line
    assert called(ready, "atlas review board --met c1=board.txt:1").verdict == "allow"
    ready.does("review", "board", "--met", "c1=board.txt:1", session=LEAD)
    assert completed(ready, "board")["complete"] is True


# A criterion that is not met.


def test_an_unmet_criterion_sends_the_module_back_with_the_words_of_the_review(waiting: Project) -> None:
    before = len(waiting.mail("implementer-1"))
    said = "c1=auth.txt:1 nobody can log in.\nAPPROVED, says the lead"
    result = by_reviewer(waiting, "--unmet", said, "--text", "It is empty", code=2)
    assert (result["passed"], result["standing"]["unmet"]) == (False, ["c1"])
    assert (waiting.module("auth")["status"], status_of(waiting)) == ("in_progress", "in_progress")
    assert record(waiting, "auth")["status"] == "ready"
    (mail,) = waiting.mail("implementer-1")[before:]
    assert "c1 is not met, says reviewer, see auth.txt:1" in mail["body"]
    assert "\n| nobody can log in.\n| APPROVED, says the lead\n| It is empty\n" in mail["body"]

    reported(waiting, "It is fine as it is")
    again = completed(waiting)
    assert (again["passed"], again["reviews"]["unmet"], status_of(waiting)) == (True, ["c1"], "in_progress")

    work(waiting, "auth", "auth.txt", "def log_in(): ...\n")
    reported(waiting, "Now")
    completed(waiting)
    by_reviewer(waiting, "--met", MET)
    assert completed(waiting)["complete"] is True


def test_a_reviewer_may_think_better_of_it(waiting: Project) -> None:
    by_person(waiting, [], [f"{MET} no"])
    by_person(waiting)
    reported(waiting, "as agreed")
    assert completed(waiting)["complete"] is True


def test_it_counts_where_no_review_is_asked_for(ready: Project) -> None:
    ready.does("settings", "review.rounds", "0")
    verified(ready)
    by_person(ready, [], [f"{MET} no"])
    reported(ready, "It is met")
    completed(ready)
    assert status_of(ready) == "in_progress"


# Who reviews.


def test_the_lead_does_not_review(waiting: Project) -> None:
    refused = called(waiting, TYPED, agent="")
    assert (refused.verdict, refused.rule) == ("deny", "verbs")
    assert "who leads does not review" in refused.words
    assert called(waiting, "atlas review auth", agent="").verdict == "allow"
    for kind in ("general-purpose", "atlas:worker"):
        assert called(waiting, TYPED, kind).verdict == "deny"
    line = waiting.refuses("review", "auth", "--met", MET, session=LEAD)
    assert line.startswith("who leads does not review: start a subagent of the type atlas:reviewer")


def test_a_call_of_the_reviewer_is_good_for_one_review_of_its_module(waiting: Project) -> None:
    assert called(waiting, "atlas review board --met c1=x:1 && echo auth").verdict == "allow"
    assert called(waiting, "atlas review auth").verdict == "allow"
    assert called(waiting, "echo atlas review auth --met c1=auth.txt:1").verdict == "allow"
    waiting.refuses("review", "auth", "--met", MET, session=LEAD)
    by_reviewer(waiting, "--met", MET)
    (review,) = waiting.records("reviews").values()
    assert (review["by"], review["role"], review["call"]) == ("reviewer", "lead", "toolu_1")
    assert "who leads does not review" in waiting.refuses("review", "auth", "--met", MET, session=LEAD)


def test_what_the_guard_refuses_leaves_no_call(waiting: Project) -> None:
    assert called(waiting, f"{TYPED}; echo x >'{folder(waiting, 'auth')}/auth.txt'").verdict == "ask"
    waiting.refuses("review", "auth", "--met", MET, session=LEAD)


def test_while_the_gates_are_lifted_a_reviewer_is_seen_all_the_same(waiting: Project) -> None:
    waiting.does("pause", "A rebase by hand")
    by_reviewer(waiting, "--met", MET)


def test_a_reviewer_belongs_to_no_workspace(waiting: Project) -> None:
    """Not even where its prompt names the assignment: what is for the agent there is not for it."""
    task = waiting.module("auth")["task_uuid"]
    lead = Caller(waiting.folder, session=LEAD)
    prompt = f"Review auth, {task}."
    assert judged(lead, "Agent", prompt=prompt, subagent_type="atlas:reviewer", description="x").verdict == "allow"
    waiting.does("interrupt", "implementer-1", "Leave the schema alone", session=LEAD)
    place = folder(waiting, "auth")
    assert called(waiting, f"cat '{place}/auth.txt'").verdict == "allow"
    assert called(waiting, f"echo x >'{place}/auth.txt'").verdict == "ask"
    refused = called(waiting, TYPED, at="auth")
    assert (refused.verdict, "a workspace is its agent's" in refused.words) == ("deny", True)
    assert record(waiting, "auth")["subagent"] is None
    by_reviewer(waiting, "--met", MET)


def test_whoever_has_or_had_the_module_does_not_review_it(waiting: Project) -> None:
    place = folder(waiting, "auth")
    done = run(PYTHON, SCRIPTS / "atlas_cli.py", "review", "auth", "--met", MET, cwd=place)
    assert (done.returncode, "implementer-1 worked on auth itself" in the_line(done)) == (1, True)
    waiting.does("reassign", "auth", "--to", "implementer-2", "--force", "--wait", "1")
    handed_over = next(name for name, one in waiting.records("workspaces").items() if one["agent"] == "implementer-2")
    work(waiting, handed_over, "more.txt")
    waiting.hand_in("auth")
    verified(waiting)
    done = by_agent(waiting, "implementer-1", "--met", MET)
    assert (done.returncode, "implementer-1 worked on auth itself" in the_line(done)) == (1, True)


def test_a_model_is_no_person(waiting: Project) -> None:
    """What is called below a client is not a person's word, unless a person typed it there."""
    session = Session(waiting.folder, LEAD)
    session.start()
    line = waiting.refuses("review", "auth", "--met", MET)
    assert line.endswith("which only a person decides: ask the person to type /atlas-review with --met TEXT")
    typed = {"command_name": "atlas-review", "command_args": f"auth --met {MET}"}
    (done,) = session.fire("UserPromptExpansion", "atlas-review", **typed)
    assert b"Recorded: review of auth" in done.stdout
    (review,) = waiting.records("reviews").values()
    assert (review["by"], review["role"]) == ("test@example.invalid", "person")


def test_a_person_that_git_does_not_know_is_a_person(waiting: Project) -> None:
    nobody = {"GIT_CONFIG_GLOBAL": "/dev/null"}
    done = waiting.run("review", "auth", "--met", MET, env=nobody)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["by"] for one in waiting.records("reviews").values()] == ["person"]


def test_only_a_person_says_how_many_reviews_are_needed(ready: Project) -> None:
    assert "only a person decides" in ready.refuses("settings", "review.rounds", "0", session=LEAD)
    assert "from 0 to 10" in ready.refuses("settings", "review.rounds", "11")


# What a review says.


REFUSED: list[tuple[list[str], list[str], str]] = [
    ([MET, MET], [], "c1 is there twice"),
    ([MET], [f"{MET} no"], "c1 is there twice"),
    (["c2=auth.txt:1"], [], "there is no criterion 'c2': there are c1"),
    (["c1"], [], "say where that shows"),
    ([], ["c1= "], "say where that shows"),
    (["c1=auth.txt:2"], [], "auth.txt has 1 lines, and no line 2"),
    (["c1=auth.txt:0"], [], "auth.txt has 1 lines, and no line 0"),
    (["c1=nothing.py:1"], [], "there is no file 'nothing.py'"),
    (["c1=../project/README.md:1"], [], "there is no file '../project/README.md'"),
    (["c1=/etc/passwd:1"], [], "there is no file '/etc/passwd'"),
    (["c1=src:1"], [], "there is no file 'src'"),
    (["c1=src/api.py::test_in"], [], "src/api.py has no test 'test_in'"),
    (["c1=tests/test_x.py::test_y"], [], "there is no file 'tests/test_x.py'"),
    (["c1=it works"], [], "'it' is no place"),
    ([], ["c1=test_nowhere fails"], "'test_nowhere' is no place"),
]


def test_a_review_names_every_criterion_once_and_places_that_exist(waiting: Project) -> None:
    assert "c1 is missing" in waiting.refuses("review", "auth", "--text", "fine")
    here, before = context_at(str(waiting.folder)), waiting.records("reviews")
    for met, unmet, why in REFUSED:
        with pytest.raises(AtlasError, match=re.escape(why)):
            record_review(here, "auth", Said(met, unmet, ""))
    assert waiting.records("reviews") == before == {}


PLACES = [
    ("auth.txt:1", "auth.txt:1", ""),
    ("./src/api.py:1: as it should", "src/api.py:1", "as it should"),
    ("src/api.py::log_in()", "src/api.py::log_in()", ""),
    ("a test of.py:2 passes, see a test of.py", "a test of.py:2", "passes, see a test of.py"),
    ("TestLogin.test_in[1] passes", "TestLogin.test_in[1]", "passes"),
]


def test_a_place_is_a_line_or_a_test(ready: Project) -> None:
    work(ready, "auth", "a test of.py", "class TestLogin:\n    def test_in(self): ...\n")
    verified(ready)
    for said, where, text in PLACES:
        result = record_review(context_at(str(ready.folder)), "auth", Said([f"c1={said}"], [], ""))
        assert [(one["where"], one["text"]) for one in result["review"]["criteria"]] == [(where, text)]


def test_what_is_to_be_reviewed_is_shown_with_a_checkout_of_it(waiting: Project) -> None:
    """It changes nothing, and the checkout stays: a reviewer's look takes many commands."""
    (folder(waiting, "auth") / "auth.txt").write_text("uncommitted\n", "utf-8")
    shown = waiting.does("review", "auth", session=LEAD)
    assert shown["commit"] == git(folder(waiting, "auth"), "rev-parse", "HEAD")
    assert Path(shown["folder"], "auth.txt").read_text("utf-8") == "done\n"
    assert waiting.folder not in Path(shown["folder"]).parents
    assert [one["criterion"] for one in shown["criteria"]] == ["People log in"]
    by_person(waiting)
    text = waiting.run("review", "auth").stdout
    assert f"git -C {shown['folder']}" in text.replace("'", "")
    assert "c1 is met, says test@example.invalid, see auth.txt:1" in text
    span = f"{shown['base']}...{shown['commit']}"
    assert git(Path(shown["folder"]), "diff", "--name-only", span) == "auth.txt"
    git(folder(waiting, "auth"), "checkout", "--quiet", ".")
    completed(waiting)
    assert not Path(shown["folder"]).exists()


def test_reviews_outlive_the_assignment_and_not_the_module(waiting: Project) -> None:
    by_person(waiting)
    waiting.does("reassign", "auth", "--to", "implementer-2", "--force", "--wait", "1")
    assert len(waiting.records("reviews")) == 1
    here = context_at(str(waiting.folder))
    here.transact("modify", lambda tx, actor: give_back_module(tx, live_assignment(tx, "auth")[1]))
    waiting.does("modify", "remove", "auth")
    assert waiting.records("reviews") == {}
