"""The watchdog: who works without heartbeats of the hooks is shown as unenforced, and nobody else is."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atlas.app import context_at
from atlas.core import clock
from atlas.core.records.kinds import AGENT, ASSIGNMENT, WORKFLOW, WORKSPACE
from atlas.core.rules.enforcement import GRAIN, LONGEST_CALL, is_at_work, is_unenforced
from tests.kit.caller import Caller, command
from tests.kit.places import folder, work
from tests.kit.project import Project
from tests.kit.shop import BEGUN
from tests.support import ROOT, make_repository, run

LEAD = "11111111-aaaa-4bbb-8ccc-000000000009"
HOURS = 7200.0


@pytest.fixture(scope="session")
def _at_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(make_repository(tmp_path_factory.mktemp("at-work") / "a project"))
    project.walk([*BEGUN, ["assign", "auth", "implementer-1"], ["assign", "board", "implementer-2"]])
    return project.folder


@pytest.fixture
def shop(repo: Path, _at_work: Path) -> Project:
    """`auth` and `board` were given to two agents two hours ago, and `LEAD` has led since."""
    shutil.rmtree(repo)
    shutil.copytree(_at_work, repo, symlinks=True)
    for name in ("auth", "board"):
        for link in (repo / ".claude/worktrees" / name / ".git", repo / ".git/worktrees" / name / "gitdir"):
            link.write_text(link.read_text().replace(str(_at_work), str(repo)))
    ago = clock.time_of_epoch(time.time() - HOURS)

    def age(tx: Any) -> None:
        for assignment in tx.all(ASSIGNMENT):
            tx.patch(ASSIGNMENT, assignment, assigned_at=ago)
        for workspace in tx.all(WORKSPACE):
            tx.patch(WORKSPACE, workspace, ready_at=ago)
        tx.patch(WORKFLOW, tx.only(WORKFLOW), lead=LEAD, lead_since=ago)

    change(Project(repo), age)
    return Project(repo)


def change(project: Project, how: Callable[[Any], object]) -> None:
    """Change the records by hand, as it were."""
    person = {"role": "person", "agent": None, "session": None}
    context_at(str(project.folder)).store.transact("test", lambda tx: person, how)


def beat(project: Project, name: str, seconds_ago: float = 0.0) -> None:
    """A heartbeat of a session, or of whoever works in `workspace-NAME`."""
    file = project.folder / ".git/atlas/gates/heartbeats" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.utime(file, (time.time() - seconds_ago,) * 2)


def seen(project: Project) -> list[tuple[str | None, str]]:
    """Who is unenforced, and by what it was seen; the status and the doctor agree on it."""
    found = project.does("status")["unenforced"]
    text = project.run("status").stdout
    assert ("\nUnenforced\n" in text) is bool(found)
    findings = json.loads(project.run("doctor", "--json").stdout)["result"]["findings"]
    doctor = [finding for finding in findings if finding["about"] == "unenforced"]
    assert len(doctor) == len(found)
    for one, finding in zip(found, doctor, strict=True):
        assert finding["what"].replace("\n", "\n  ") in text
        assert finding["what"].endswith(f"at {one['at']} there was:\n| {one['what']}")
    return [(one["workspace"], one["what"]) for one in found]


def test_nobody_is_shown_who_has_done_nothing(shop: Project) -> None:
    assert seen(shop) == []


@pytest.mark.parametrize("how", ["README.md", "ä b.txt", "new/", "removal", "commit"])
def test_work_without_any_heartbeat(shop: Project, how: str) -> None:
    place = folder(shop, "auth")
    expected = how
    if how == "commit":
        expected = f"commit {work(shop, 'auth')[:12]}"
    elif how == "removal":
        expected = "README.md"
        (place / expected).unlink()
    else:
        file = place / how / "x" if how.endswith("/") else place / how
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    assert seen(shop) == [("auth", expected)]
    (found,) = shop.does("status")["unenforced"]
    assert (found["agent"], found["here"], found["last_heartbeat"]) == ("implementer-1", True, None)
    assert abs(clock.epoch_seconds(found["at"]) - time.time()) < 60
    assert "atlas doctor --live" in shop.run("status").stdout


def test_a_heartbeat_of_the_workspace_or_of_the_agents_session(shop: Project) -> None:
    work(shop, "auth")
    work(shop, "board")
    beat(shop, "workspace-auth")
    assert [name for name, _ in seen(shop)] == ["board"]
    shop.does("inbox", "implementer-2", session="worker-2")
    beat(shop, "worker-2")
    assert seen(shop) == []


@pytest.mark.parametrize(("minutes", "shown"), [(1, False), (25, False), (40, True), (300, True)])
def test_hooks_that_fell_silent(shop: Project, minutes: int, shown: bool) -> None:
    work(shop, "auth")
    beat(shop, "workspace-auth", 60.0 * minutes)
    assert bool(seen(shop)) is shown
    if minutes == 40:
        assert shop.does("status")["unenforced"][0]["last_heartbeat"] is not None
    if minutes == 300:
        assert shop.does("status")["unenforced"][0]["last_heartbeat"] is None, "it was somebody else's"


def test_what_was_there_before_is_not_the_agents(shop: Project) -> None:
    work(shop, "auth")
    (folder(shop, "auth") / "rest.txt").write_text("x")
    shop.does("reassign", "auth", "--to", "implementer-2", "--force")
    assert [name for name, _ in seen(shop)] == []


def test_the_lead_is_named_once(shop: Project) -> None:
    for number in range(3):
        shop.does("notify", "implementer-1", "--subject", f"{number}", "--message", "x", session=LEAD)
    assert seen(shop) == [(None, "atlas notify")]
    assert LEAD in shop.run("status").stdout
    beat(shop, LEAD)
    assert seen(shop) == []


@pytest.mark.parametrize(("seconds", "shown"), [(60.0, False), (900.0, True)])
def test_the_call_in_which_a_session_takes_the_lead_has_no_heartbeat(
    shop: Project, seconds: float, shown: bool
) -> None:
    lately = clock.time_of_epoch(time.time() - seconds)
    change(shop, lambda tx: tx.patch(WORKFLOW, tx.only(WORKFLOW), lead_since=lately))
    shop.does("notify", "implementer-1", "--subject", "x", "--message", "x", session=LEAD)
    assert bool(seen(shop)) is shown


def test_others_who_use_the_verbs_are_not_the_lead(shop: Project) -> None:
    shop.does("notify", "implementer-1", "--subject", "x", "--message", "x", session="somebody-else")
    shop.does("notify", "implementer-1", "--subject", "x", "--message", "x")
    assert seen(shop) == []


def test_who_has_no_session_here_is_not_said_to_lack_hooks(shop: Project) -> None:
    remote = {"transport": "ai-maestro", "address": "far-away"}
    change(shop, lambda tx: tx.patch(AGENT, tx.need(AGENT, "implementer-1"), **remote))
    assert seen(shop) == []
    work(shop, "auth")
    ((workspace, _),) = seen(shop)
    assert workspace == "auth"
    text = shop.run("status").stdout
    assert "not enforced here" in text
    assert "--live" not in text


def test_a_workspace_that_cannot_be_looked_at(shop: Project) -> None:
    work(shop, "auth")
    (folder(shop, "auth") / ".git").unlink()
    assert shop.does("status")["unenforced"] == []


@pytest.mark.parametrize(
    ("worked", "heartbeat", "expected"),
    [
        (None, None, False),
        (-100.0, None, False),
        (GRAIN / 2, None, False),
        (GRAIN * 2, None, True),
        (100.0, -5.0, True),
        (100.0, 50.0, False),
        (100.0, 200.0, False),
        (LONGEST_CALL, 1.0, False),
        (LONGEST_CALL + 60.0, 1.0, True),
    ],
)
def test_the_rule(worked: float | None, heartbeat: float | None, expected: bool) -> None:
    """Seconds after the agent came to its workspace."""
    since = 1_700_000_000.0
    at = None if worked is None else since + worked
    last = None if heartbeat is None else since + heartbeat
    assert is_unenforced(since, at, last) is expected
    if at is not None and is_at_work(since, last, at):
        assert not expected, "who is not looked at could have been shown"


# What leaves heartbeats


def test_a_call_in_the_workspace_leaves_one(shop: Project) -> None:
    work(shop, "auth")
    Caller(folder(shop, "auth"), session="whoever").call("Read", file_path="README.md")
    assert seen(shop) == []


def test_a_call_of_the_lead_leaves_one(shop: Project) -> None:
    shop.does("notify", "implementer-1", "--subject", "x", "--message", "x", session=LEAD)
    Caller(shop.folder, session="whoever").call("Bash", command="true")
    assert len(seen(shop)) == 1
    Caller(shop.folder, session=LEAD).call("Bash", command="true")
    assert seen(shop) == []


@pytest.mark.parametrize(("session", "shown"), [(LEAD, False), ("somebody", True)])
def test_a_slash_command_of_the_lead_leaves_one(shop: Project, session: str, shown: bool) -> None:
    shop.does("notify", "implementer-1", "--subject", "x", "--message", "x", session=LEAD)
    typed = {"command_name": "atlas-status", "command_args": "", "hook_event_name": "UserPromptExpansion"}
    event = {**typed, "session_id": session, "cwd": str(shop.folder)}
    env = {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_CODE_SESSION_ID": session}
    hook = command("plugin", "UserPromptExpansion", "atlas-status")
    done = run("/bin/sh", "-c", hook, cwd=shop.folder, env=env, stdin=json.dumps(event))
    assert (done.returncode, done.stderr) == (0, "")
    assert "stopReason" in json.loads(done.stdout)
    assert bool(seen(shop)) is shown
