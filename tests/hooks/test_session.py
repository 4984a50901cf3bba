"""Sessions begin and end: what they are told of their part, whether it follows them, and what nobody attends to."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from atlas.board import status
from atlas.core.records.facts import session_record
from atlas.core.records.kinds import SESSION, WORKFLOW
from atlas.services.orchestration import leading
from tests.kit.sessions import Session
from tests.kit.team import LEAD, Team
from tests.support import ROOT, run

from .test_broken_guard import hasty_plugin

NEW = "22222222-aaaa-4bbb-8ccc-000000000002"
NEWER = "33333333-aaaa-4bbb-8ccc-000000000003"
WORKER = "44444444-aaaa-4bbb-8ccc-000000000004"


def sessions(team: Team) -> dict[str, Any]:
    return {record["id"]: record for record in team.context().store.read(lambda tx: tx.all(SESSION))}


def lead_of(team: Team) -> str | None:
    return team.context().store.read(lambda tx: tx.need(WORKFLOW, "plan-20260101-080000")["lead"])


def unattended(team: Team) -> list[tuple[str | None, str, list[str]]]:
    found = status.board_status(team.context())["unattended"]
    return [(one["agent"], one["session"], one["modules"]) for one in found]


def gates(team: Team) -> set[str]:
    return set(os.listdir(team.atlas / "gates/sessions"))


def commit(team: Team) -> None:
    """A change of the state, as somebody else may make one at any time."""
    team.find("Something new.", severity="info")


# What is said


@pytest.mark.parametrize("source", ["startup", "resume", "compact"])
def test_the_lead_is_told_of_its_team_and_what_is_next(team: Team, source: str) -> None:
    told = Session(team.root, LEAD).start(source)
    assert "leads the orchestration plan-20260101-080000 (0 of 5 modules complete)" in told
    assert "core (ann, assigned), api (ben, assigned)" in told
    stop = json.loads((team.atlas / "gates/sessions" / LEAD).read_text())["stop"]
    assert (stop["actions"][0]["text"] if stop["actions"] else stop["waiting"]) in told


def test_a_session_in_a_workspace_is_told_whose_it_is_and_becomes_the_agents(team: Team) -> None:
    told = Session(team.workspace("api"), WORKER).start()
    assert "this session is ben" in told
    assert f"module api (assigned) has the workspace {team.workspace('api').resolve()}" in told
    assert sessions(team)[WORKER]["agent"] == "ben"
    commit(team)
    assert WORKER in gates(team)
    assert "this session is ben" in Session(team.root, WORKER).start("resume")


def test_a_session_without_a_role_is_told_nothing_and_leaves_nothing(team: Team) -> None:
    session = Session(team.root, NEW)
    assert [session.start(source) for source in ("startup", "resume", "compact", "clear")] == [""] * 4
    for reason in ("other", "clear", "resume"):
        session.end(reason)
    assert not (team.atlas / "spool").exists()
    assert gates(team) == {LEAD}


def test_a_gate_that_cannot_be_read_is_said_so(team: Team) -> None:
    (team.atlas / "gates/sessions" / LEAD).write_text('{"mailbox": "lead",\n "version"')
    assert "atlas doctor" in Session(team.root, LEAD).start()


# The role follows the session


def test_a_spool_that_takes_nothing_for_ever_holds_no_session_up(team: Team, tmp_path: Path) -> None:
    spool = team.atlas / "spool" / f"{LEAD}.jsonl"
    spool.parent.mkdir(exist_ok=True)
    spool.unlink(missing_ok=True)
    os.mkfifo(spool)
    plugin = {"CLAUDE_PLUGIN_ROOT": str(hasty_plugin(tmp_path / "plugin"))}
    assert "took longer" in Session(team.root, LEAD, plugin).start()


def test_the_role_follows_the_lead_through_a_clearing_at_once(team: Team) -> None:
    new, told = Session(team.root, LEAD).clear(NEW)
    assert "leads the orchestration" in told
    assert gates(team) == {NEW}, "before the store has changed"
    assert lead_of(team) == NEW
    assert sessions(team)[LEAD]["continued_as"] == NEW
    commit(team)
    assert gates(team) == {NEW}
    assert "continues" not in (team.atlas / "gates/sessions" / NEW).read_text()
    _, told = new.clear(NEWER)
    assert "leads the orchestration" in told
    assert lead_of(team) == NEWER
    assert unattended(team) == []


def test_two_clearings_that_the_store_has_not_heard_of_are_followed_in_whatever_order(team: Team) -> None:
    Session(team.root, LEAD).clear(NEWER)[0].clear(NEW)  # whose spool is folded in first
    assert gates(team) == {NEW}
    assert lead_of(team) == NEW


def test_the_role_follows_a_worker_that_was_bound_by_its_mailbox(team: Team) -> None:
    team.put(lambda tx: tx.put(SESSION, {**session_record(tx, WORKER), "agent": "tom"}))
    Session(team.root, WORKER).start("resume")
    Session(team.root, WORKER).clear(NEW)
    found = sessions(team)
    assert (found[WORKER]["agent"], found[NEW]["agent"]) == (None, "tom")


def test_the_role_follows_a_worker_that_only_its_workspace_knew(team: Team) -> None:
    session = Session(team.workspace("api"), WORKER)
    session.start()
    _, told = session.clear(NEW)
    assert "this session is ben" in told
    assert sessions(team)[NEW]["agent"] == "ben"
    assert unattended(team) == []


def test_a_change_that_began_before_takes_the_gate_from_nobody(team: Team) -> None:
    """The store mirrors what it saw: a session whose fact it has not folded in yet keeps the gate that it was left."""

    def slow(tx: Any) -> None:
        tx.patch(WORKFLOW, tx.only(WORKFLOW), base_branch="other")
        Session(team.root, LEAD).clear(NEW)

    team.put(slow)
    assert NEW in gates(team)
    assert lead_of(team) == NEW


def test_whoever_lost_the_lead_meanwhile_does_not_get_it_back(team: Team) -> None:
    Session(team.root, LEAD).end("clear")
    leading.take_lead(team.context(session=NEWER))
    assert Session(team.root, NEW).start("clear") == ""
    assert lead_of(team) == NEWER
    assert gates(team) == {NEWER}


def elsewhere(session: str, folder: Path, source: str, *arguments: str) -> str:
    """What a session of another client, which was called with these arguments, is told as it begins."""
    code = "import sys, pathlib; from tests.kit.sessions import Session\n"
    code += "name, folder, source = sys.argv[1:4]; print(Session(pathlib.Path(folder), name).start(source), end='')"
    words = ("-c", code, session, str(folder), source, *arguments)
    client = run(sys.executable, *words, cwd=ROOT, env={"PYTHONPATH": "scripts"})
    assert client.returncode == 0, client.stderr
    return client.stdout


def test_another_client_and_a_later_one_of_the_same_number_get_nothing(team: Team) -> None:
    Session(team.root, LEAD).end("clear")
    assert elsewhere(NEW, team.root, "clear") == ""
    (left,) = [name for name in gates(team) if name.startswith("client-")]
    long_ago = time.time() - 3600
    os.utime(team.atlas / "gates/sessions" / left, (long_ago, long_ago))
    assert Session(team.root, NEWER).start("clear") == ""
    assert gates(team) == {LEAD}
    assert lead_of(team) == LEAD


def test_a_resumed_session_goes_on_as_what_it_was(team: Team) -> None:
    lead = Session(team.root, LEAD)
    lead.start()
    lead.end("resume")
    assert Session(team.root, NEW).start("resume") == "", "the one that was resumed in its place"
    assert unattended(team) == [(None, LEAD, [])]
    assert "leads" in lead.start("resume")
    assert unattended(team) == []


def test_a_session_that_branches_off_is_not_taken_for_the_one_it_leaves(team: Team) -> None:
    """Older clients announce the old session when they resume it only to branch off."""
    Session(team.root, LEAD).end()
    assert elsewhere(LEAD, team.root, "resume", "--fork-session") == ""
    assert unattended(team) == [(None, LEAD, [])]
    assert "leads" in elsewhere(LEAD, team.root, "resume", "fork-session")
    assert unattended(team) == []


# Nobody there


def test_what_a_session_held_is_shown_until_somebody_is_there_again(team: Team) -> None:
    worker = Session(team.workspace("api"), WORKER)
    worker.start()
    assert unattended(team) == []
    worker.end()
    assert unattended(team) == [("ben", WORKER, ["api"])]
    Session(team.workspace("api"), NEW).start()
    assert unattended(team) == []
    Session(team.root, LEAD).start()
    Session(team.root, LEAD).end("logout")
    assert unattended(team) == [(None, LEAD, [])]
    commit(team)
    leading.take_lead(team.context(session=NEWER))
    assert unattended(team) == []


def test_a_session_that_takes_the_lead_is_there_whatever_became_of_it_before(team: Team) -> None:
    Session(team.root, LEAD).end()
    assert unattended(team) == [(None, LEAD, [])]
    team.put(lambda tx: tx.patch(WORKFLOW, tx.only(WORKFLOW), lead_since=tx.at, lead_seq=tx.seq + 1))
    assert unattended(team) == [], "in the same second, too"
    Session(team.root, LEAD).end()
    assert unattended(team) == [(None, LEAD, [])]


def test_the_status_says_how_somebody_comes_to_it_again(team: Team, atlas: Any) -> None:
    for session in (Session(team.root, LEAD), Session(team.workspace("api"), WORKER)):
        session.start()
        session.end()
    text = atlas("status").stdout
    assert f"the lead: session {LEAD} ended at" in text
    assert "/atlas-lead in another one takes over" in text
    assert f"ben with api: session {WORKER} ended at" in text
    assert "`atlas launch ben`" in text
