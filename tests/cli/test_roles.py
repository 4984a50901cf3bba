"""Who may do what: a session that reads an agent's mailbox is that agent's, and may act on its own work only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.kept import Kept
from tests.kit.project import Project

WORKER = "session-of-implementer-1"
LEADS: dict[str, list[list[str]]] = {
    "plan": [["--abandon", "Something else"]],
    "requirement": [["add", "--name", "N"], ["modify", "docs", "--add-criteria", "C"], ["remove", "docs"]],
    "approve": [[], ["--dry-run"]],
    "start": [[]],
    "register": [["ai", "friend"], ["human", "friend"]],
    "assign": [["docs", "implementer-1"]],
    "modify": [
        ["add", "--name", "N"],
        ["modify", "docs", "--remove-criteria", "1"],
        ["remove", "docs"],
        ["prioritize", "docs", "--priority", "low"],
    ],
    "reassign": [["auth-core", "--to", "implementer-2"]],
    "check-agents": [[], ["--all"]],
    "poll": [["implementer-2"], ["implementer-2", "--history"]],
    "update": [["pending"], ["send", "auth-core", "--type", "scope_change", "--text", "T"]],
    "handoff": [["auth-core", "implementer-2"], ["auth-core", "implementer-2", "--preview"]],
    "notify": [["implementer-2", "--subject", "S", "--message", "M"]],
    "complete": [["auth-core"], ["auth-core", "--reason", "Trust me"]],
    "verify-instructions": [["status"], ["ask", "auth-core"], ["authorize", "auth-core"]],
    "answer": [["auth-core", "Yes"]],
    "lead": [[], ["--show"]],
    "doctor": [["--repair"]],
}
READS = ["status", "history", "check-plan", "doctor"]


@pytest.fixture(scope="session")
def _at_work(_begun_with_agents: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        executing = Project(root)
        executing.does("assign", "auth-core", "implementer-1")
        executing.does("assign", "docs", "implementer-2")
        executing.does("inbox", "implementer-1", session=WORKER)

    return Kept(tmp_path_factory.mktemp("at-work"), make, _begun_with_agents)


@pytest.fixture
def at_work(_at_work: Kept) -> Project:
    """`auth-core` is implementer-1's, whose session has read its mail, and `docs` is implementer-2's."""
    return Project(_at_work.put_back())


def test_reading_its_mailbox_makes_a_session_the_agents(at_work: Project) -> None:
    assert at_work.records("sessions")[WORKER]["agent"] == "implementer-1"
    at_work.authorize("auth-core")
    at_work.does("report", "auth-core", "started", session=WORKER)
    assert at_work.assignment("auth-core")["reports"][0]["by"] == "implementer-1"
    assert "implementer-1" not in at_work.does("status")["not_seen_yet"]


@pytest.mark.parametrize("verb", LEADS)
def test_a_worker_may_not_use_the_leads_verbs(verb: str, at_work: Project) -> None:
    for arguments in LEADS[verb]:
        line = at_work.refuses(verb, *arguments, session=WORKER)
        assert line.startswith("implementer-1 may not use ")
        assert "ask the lead to do it" in line


@pytest.mark.parametrize("verb", READS)
def test_a_worker_may_read(verb: str, at_work: Project) -> None:
    at_work.does(verb, session=WORKER)


def test_a_worker_may_ask_whether_it_is_over(at_work: Project) -> None:
    at_work.does("check", session=WORKER, code=2)


@pytest.mark.parametrize("kind", ["started", "progress", "blocked", "done"])
def test_a_worker_may_not_report_on_anothers_module(kind: str, at_work: Project) -> None:
    line = at_work.refuses("report", "docs", kind, "--text", "T", session=WORKER)
    assert "docs belongs to implementer-2, not to implementer-1" in line


def test_a_worker_may_not_repeat_or_ask_for_another(at_work: Project) -> None:
    said = ["--criteria", "c1", "--file", "F", "--out-of-scope", "O", "--evidence", "E", "--text", "T"]
    for verb, *arguments in (["repeat", "docs", *said], ["ask", "docs", "Why?"]):
        line = at_work.refuses(verb, *arguments, session=WORKER)
        assert "docs belongs to implementer-2, not to implementer-1" in line


def test_a_worker_may_not_read_anothers_mailbox_nor_the_leads(at_work: Project) -> None:
    for mailbox in ("implementer-2", "dev-alice", "lead"):
        for arguments in ([], ["--peek"]):
            line = at_work.refuses("inbox", mailbox, *arguments, session=WORKER)
            assert f"the mailbox {mailbox} belongs to {mailbox}, not to implementer-1" in line


def test_a_module_taken_away_is_another_agents(at_work: Project) -> None:
    at_work.does("reassign", "auth-core", "--to", "implementer-2")
    assert "belongs to implementer-2" in at_work.refuses("report", "auth-core", "done", session=WORKER)


@pytest.mark.parametrize("session", ["", " ", "session-of-nobody", WORKER.upper(), f" {WORKER}"])
def test_empty_and_unknown_sessions_have_no_role(session: str, at_work: Project) -> None:
    at_work.does("notify", "implementer-2", "--subject", "S", "--message", "M", session=session)
    assert at_work.mail("implementer-2")[-1]["sender"] == "person"


@pytest.mark.parametrize("verb", ["check-agents", "listen"])
def test_who_may_not_use_a_verb_may_not_have_atlas_do_it(verb: str, at_work: Project) -> None:
    line = at_work.refuses(verb, "--unattended", session=WORKER)
    assert line.startswith(f"implementer-1 may not use '{verb}'")
    at_work.does(verb, "--unattended")


@pytest.mark.parametrize("session", [None, "lead-1"])
def test_what_runs_unattended_is_done_by_atlas(session: str | None, at_work: Project) -> None:
    at_work.does("lead", session="lead-1")
    at_work.does("check-agents", "--all", "--unattended", session=session)
    (change,) = at_work.does("history", "--limit", "1")["changes"]
    assert (change["verb"], change["actor"]) == ("check-agents", {"role": "atlas", "agent": None, "session": None})
    assert at_work.mail("implementer-2")[-1]["sender"] == "atlas"
    assert "atlas  check-agents" in at_work.run("history").stdout


def test_peeking_and_a_persons_mailbox_bind_no_session(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    executing.does("inbox", "implementer-1", "--peek", session="curious")
    executing.does("inbox", "dev-alice", session="curious")
    executing.does("inbox", "lead", session="curious")
    assert executing.records("sessions").get("curious", {}).get("agent") is None
    executing.does("modify", "prioritize", "docs", "--priority", "high", session="curious")


def test_the_lead_stays_the_lead_whatever_it_reads(at_work: Project) -> None:
    at_work.does("lead", session="lead-1")
    assert len(at_work.does("inbox", "implementer-2", session="lead-1")["messages"]) == 1
    assert at_work.mail("implementer-2")[0]["status"] == "sent"
    at_work.does("notify", "implementer-2", "--subject", "S", "--message", "M", session="lead-1")
    assert at_work.mail("implementer-2")[-1]["sender"] == "lead"
    assert at_work.does("status")["not_seen_yet"] == ["implementer-2"]


def test_a_session_that_no_longer_leads_is_a_person_again(at_work: Project) -> None:
    at_work.does("lead", session="lead-1")
    at_work.does("lead", session="lead-2")
    at_work.does("inbox", "implementer-2", session="lead-1")
    assert "implementer-2 may not use 'assign'" in at_work.refuses("assign", "docs", "implementer-1", session="lead-1")


def test_a_person_may_do_everything(at_work: Project) -> None:
    at_work.does("report", "auth-core", "done")
    at_work.does("reassign", "auth-core", "--to", "implementer-2", "--force", "--wait", "1")


def test_the_next_orchestration_has_other_roles(at_work: Project) -> None:
    at_work.does("plan", "--abandon", "Something else")
    at_work.does("requirement", "add", "--name", "N", "--criteria", "C", session=WORKER)
