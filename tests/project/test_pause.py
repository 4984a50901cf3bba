"""The person lifts the gates for a while, and nobody else does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from atlas.core import clock
from atlas.core.records.kinds import WORKFLOW
from tests.client.stream import Event
from tests.conftest import Atlas
from tests.kit.sessions import Session, close_client
from tests.kit.team import LEAD, Team
from tests.support import ROOT, run

REASON = "the checks are broken"


def gate_of(team: Team, path: str = f"sessions/{LEAD}") -> Any:
    return json.loads((team.atlas / "gates" / path).read_text())["paused"]


def result_of(atlas: Atlas, *arguments: str) -> Any:
    done = atlas("pause", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"]


def typed(team: Team, words: str, folder: Any = None) -> Event:
    """The hook's answer when a person types the slash command, in the lead's session unless in a workspace's."""
    session = Session(folder or team.root, LEAD if folder is None else "worker-1")
    (done,) = session.fire("UserPromptExpansion", "atlas-pause", command_name="atlas-pause", command_args=words)
    answer: Event = json.loads(done.stdout)
    return answer


def test_the_gates_are_lifted_until_they_are_put_back(team: Team, atlas: Atlas) -> None:
    assert result_of(atlas, *REASON.split())["paused"]["reason"] == REASON
    assert gate_of(team) == gate_of(team, "workspaces/api-ws") == {"until": None, "reason": REASON}
    assert f"The gates are lifted until a person puts them back:\n| {REASON}" in atlas("status").stdout
    assert f"The gates are lifted for now:\n| {REASON}" in Session(team.root, LEAD).start()
    close_client(team.root)
    assert atlas("pause", "--off").stdout == "The gates are back.\n"
    assert gate_of(team) is None
    assert "lifted" not in atlas("status").stdout
    assert atlas("pause", "--off").stdout == "The gates were not lifted.\n"
    assert [line["verb"] for line in history(team)].count("pause") == 2


def history(team: Team) -> list[Any]:
    return [json.loads(line) for line in (team.atlas / "history.jsonl").read_text().splitlines()]


def test_they_return_by_themselves(team: Team, atlas: Atlas) -> None:
    pause = result_of(atlas, "--for", "30", REASON)["paused"]
    assert clock.seconds_between(pause["at"], pause["until"]) == 30 * 60
    assert gate_of(team)["until"] == clock.epoch_seconds(pause["until"])
    assert f"The gates are lifted until {pause['until']}:\n| {REASON}" in atlas("status").stdout
    over = {**pause, "at": clock.add_seconds(pause["at"], -3600), "until": clock.add_seconds(pause["until"], -3600)}
    team.put(lambda tx: tx.patch(WORKFLOW, tx.only(WORKFLOW), paused=over))
    assert "lifted" not in atlas("status").stdout
    assert "lifted" not in Session(team.root, LEAD).start()
    close_client(team.root)
    assert atlas("pause", "--off").stdout == "The gates were not lifted.\n"


def test_the_plans_status_shows_it_too(atlas: Atlas) -> None:
    atlas("plan", "Build a shop")
    result_of(atlas, REASON)
    assert f"The gates are lifted until a person puts them back:\n| {REASON}" in atlas("plan-status").stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "say why"),
        ((" ",), "say why"),
        (("--for", "0", REASON), "--for 0"),
        (("--for", "99999999", REASON), "give 1 to"),
        (("--for", "soon", REASON), "invalid int value"),
        (("--off", REASON), "--off takes neither"),
        (("--off", "--for", "5"), "--off takes neither"),
    ],
)
def test_what_makes_no_sense_changes_nothing(team: Team, atlas: Atlas, arguments: tuple[str, ...], why: str) -> None:
    done = atlas("pause", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert gate_of(team) is None


def test_without_an_orchestration_there_is_nothing_to_lift(atlas: Atlas) -> None:
    assert "begin with atlas plan" in atlas("pause", REASON).stderr


def test_no_session_may(team: Team, atlas: Atlas) -> None:
    for words in ((REASON,), ("--off",)):
        for refused in (atlas("pause", *words, session=LEAD), atlas("pause", *words, cwd=team.workspace("api"))):
            assert refused.returncode == 1
            assert "may not use 'pause'" in refused.stderr
            assert "ask the person to type /atlas-pause" in refused.stderr


def test_a_person_may_by_typing_it_in_any_session(team: Team) -> None:
    answer = typed(team, f'--for 5 "{REASON}"')
    assert answer["continue"] is False
    assert "The gates are lifted until" in answer["stopReason"]
    assert gate_of(team)["reason"] == REASON
    assert "The gates are back" in typed(team, "--off", team.workspace("api"))["stopReason"]
    assert gate_of(team) is None


def test_the_script_is_the_verb(team: Team) -> None:
    done = run("python3", ROOT / "scripts/atlas_pause.py", REASON, cwd=team.root)
    assert done.returncode == 0
    assert done.stdout.startswith("The gates are lifted until a person puts them back")
