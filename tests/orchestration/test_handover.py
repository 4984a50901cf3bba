"""Work in progress changes hands: `atlas reassign --force`."""

from __future__ import annotations

import contextlib
import json
import stat
import subprocess
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from atlas.core.ids import session_key
from tests.conftest import script_of
from tests.kit.kept import Kept
from tests.kit.places import folder, record, work
from tests.kit.project import Project
from tests.kit.state import gate_of, history_of
from tests.kit.striking import Striker
from tests.support import PYTHON, ROUNDS, git, leave_fact, wait_for

TAKE = ("reassign", "auth", "--to", "implementer-2", "--force")
WORKER = "worker-1"


@pytest.fixture(scope="session")
def _begun_work(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    def make(root: Path) -> None:
        shop = Project(root)
        shop.does("assign", "auth", "implementer-1")
        shop.does("report", "auth", "started", "--text", "Half of it.")
        work(shop, "auth")
        (folder(shop, "auth") / "src" / "api.py").write_text("def log_in() -> bool: ...\n")
        (folder(shop, "auth") / "new.txt").write_text("new\n")

    return Kept(tmp_path_factory.mktemp("begun-work"), make, _begun_shop)


@pytest.fixture
def begun_work(_begun_work: Kept) -> Project:
    """`implementer-1` has begun: a commit, a change and a new file are in its workspace. Nobody saw a session of it."""
    return Project(_begun_work.put_back())


def assignments(project: Project) -> list[Any]:
    return list(project.records("assignments").values())


def interrupts(project: Project) -> list[Any]:
    return [one for one in project.records("discoveries").values() if one["kind"] == "interrupt"]


def subjects(project: Project, agent: str) -> list[str]:
    return [message["subject"].split()[0] for message in project.mail(agent)]


def assert_handed_over(project: Project) -> str:
    """All of the work is where `implementer-2` goes on, which has the module and was told; returns the workspace."""
    old, new = assignments(project)[0], project.assignment("auth")
    assert (old["status"], old["agent"], new["agent"], new["status"]) == (
        "released",
        "implementer-1",
        "implementer-2",
        "assigned",
    )
    assert (new["instruction_verification"]["status"], new["handover"]) == ("awaiting_repetition", None)
    saved = old["handover"]["saved"]
    place = next(name for name, one in project.records("workspaces").items() if one["task_uuid"] == new["task_uuid"])
    there = folder(project, place)
    assert (record(project, place)["status"], record(project, "auth")["status"]) == ("ready", "abandoned")
    assert (new["continues"], record(project, place)["base_commit"], git(there, "rev-parse", "HEAD")) == (saved,) * 3
    assert (there / "src" / "api.py").read_text() == "def log_in() -> bool: ...\n"
    assert (there / "new.txt").read_text() == "new\n"
    assert (there / "auth.txt").exists()
    assert git(folder(project, "auth"), "rev-parse", "HEAD") == saved
    assert git(folder(project, "auth"), "status", "--porcelain") == ""
    return place


def test_the_work_goes_on_where_it_was_saved(begun_work: Project) -> None:
    assert "work has begun; use --force" in begun_work.refuses(*TAKE[:-1])
    result = begun_work.does(*TAKE)
    assert (result["receipt"], result["before"], result["left"]["name"]) == ("absent", "implementer-1", "auth")
    assert_handed_over(begun_work)
    assert git(folder(begun_work, "auth"), "log", "-1", "--format=%an") == "implementer-1"
    assert subjects(begun_work, "implementer-2") == ["[TASK]", "[HANDOFF]"]
    assert subjects(begun_work, "implementer-1") == ["[TASK]", "[STOP]"]
    assert all(message["status"] == "sent" for message in begun_work.mail("implementer-2"))


def test_the_handoff_is_kept_as_a_private_file_out_of_commits(begun_work: Project) -> None:
    kept = begun_work.folder / begun_work.does(*TAKE)["handoff"]
    assert kept == begun_work.folder / ".claude" / "handoffs" / "auth-to-implementer-2.md"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text() == begun_work.mail("implementer-2")[1]["body"]
    assert "| Half of it." in kept.read_text()
    assert "new.txt" in kept.read_text()
    assert git(begun_work.folder, "status", "--porcelain") == ""


def test_the_text_says_what_was_done(begun_work: Project) -> None:
    lines = begun_work.run(*TAKE).stdout.splitlines()
    assert lines[0].startswith("implementer-1 no longer has it. auth is now implementer-2's (task-")
    assert lines[-4:-1] == [
        "No session of it is known, so nobody had to be stopped.",
        f"Its work is saved as commit {assignments(begun_work)[0]['handover']['saved'][:12]}, where the other goes on.",
        "The handoff: .claude/handoffs/auth-to-implementer-2.md",
    ]


def test_to_a_person_and_from_a_person(begun_work: Project) -> None:
    result = begun_work.does("reassign", "auth", "--to", "dev-alice", "--force")
    assert (result["workspace"], result["assignment"]["continues"]) == (None, result["saved"])
    assert (begun_work.folder / result["handoff"]).exists()
    assert begun_work.mail("dev-alice") == []
    begun_work.does("report", "auth", "started")
    result = begun_work.does(*TAKE)
    assert (result["saved"], result["receipt"]) == (None, None)
    assert (
        git(folder(begun_work, result["workspace"]["name"]), "rev-parse", "HEAD") == result["assignment"]["continues"]
    )


def test_an_agent_without_a_workspace_is_stopped_by_a_message(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1", "--no-workspace")
    shop.does("report", "auth", "started")
    result = shop.does(*TAKE)
    assert (result["saved"], result["receipt"], interrupts(shop)) == (None, "absent", [])
    assert subjects(shop, "implementer-1") == ["[TASK]", "[STOP]"]


def test_who_cannot_get_it_stops_nobody(begun_work: Project) -> None:
    assert "agent 'nobody' not found" in begun_work.refuses("reassign", "auth", "--to", "nobody", "--force")
    assert "auth is implementer-1's already" in begun_work.refuses(
        "reassign", "auth", "--to", "implementer-1", "--force"
    )
    assert "--skeleton: " in begun_work.refuses(*TAKE, "--skeleton", "nothing.txt")
    assert interrupts(begun_work) == []


# Waiting.


def seen(project: Project) -> None:
    """A session of `implementer-1` reads its mail."""
    project.does("inbox", "implementer-1", session=WORKER)


@contextlib.contextmanager
def started(project: Project, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A reassignment that has told the old agent to stop, and waits for that to arrive; killed at the end."""
    with subprocess.Popen(
        [PYTHON, script_of("reassign"), *TAKE[1:], *options, "--json"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for(lambda: interrupts(project) and is_settled(project))
            yield process
        finally:
            process.kill()


def is_settled(project: Project) -> bool:
    """Whether nobody is in the midst of a commit."""
    gate = json.loads(gate_of(project.folder).read_text())
    return bool(gate["history"] == history_of(project.folder).stat().st_size)


def arrive(project: Project) -> None:
    """The hook hands the interrupt to the worker's model, and leaves a receipt."""
    (word,) = interrupts(project)
    fact = {"fact": "receipt", "discovery": word["id"], "workspace": "auth", "session": WORKER, "tool": "Bash"}
    leave_fact(project.folder / ".git" / "atlas", session_key(WORKER), fact)


def test_the_receipt_is_awaited(begun_work: Project) -> None:
    seen(begun_work)
    with started(begun_work, "--wait", "300") as process:
        (word,) = interrupts(begun_work)
        assert (word["stop"], word["severity"], word["sender"]) == (True, "critical", "person")
        waiting = json.loads((folder(begun_work, "auth") / ".INTERRUPT").read_text())
        assert [item["id"] for item in waiting["items"]] == [word["id"]]
        line = begun_work.refuses("report", "auth", "progress", session=WORKER)
        assert line == "auth is being given to implementer-2: leave everything as it is"
        assert process.poll() is None
        arrive(begun_work)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert json.loads(output)["result"]["receipt"] == "arrived"
    assert_handed_over(begun_work)


def test_the_time_is_limited_by_an_option_and_by_the_setting(begun_work: Project) -> None:
    seen(begun_work)
    assert begun_work.does(*TAKE, "--wait", "1")["receipt"] == "late"
    assert_handed_over(begun_work)
    begun_work.does("settings", "reassign.wait-seconds", "0")
    begun_work.does("inbox", "implementer-2", session="worker-2")
    assert begun_work.does("reassign", "auth", "--to", "implementer-1", "--force")["receipt"] == "late"


def test_killed_while_it_waits_it_goes_on_where_it_was(begun_work: Project) -> None:
    seen(begun_work)
    with started(begun_work, "--wait", "300"):
        pass
    arrive(begun_work)
    assert begun_work.does(*TAKE)["receipt"] == "arrived"
    assert len(interrupts(begun_work)) == 1, "nobody is stopped twice"
    assert_handed_over(begun_work)


def test_a_stop_is_taken_back_by_giving_the_module_to_who_has_it(begun_work: Project) -> None:
    seen(begun_work)
    with started(begun_work, "--wait", "300"):
        pass
    assert begun_work.assignment("auth")["handover"]["to"] == "implementer-2"
    done = begun_work.run("reassign", "auth", "--to", "implementer-1")
    assert done.stdout == "auth stays implementer-1's, which is told to go on.\n"
    assert begun_work.assignment("auth")["handover"] is None
    assert subjects(begun_work, "implementer-1")[-1] == "[RESUME]"
    assert "is implementer-1's already" in begun_work.refuses("reassign", "auth", "--to", "implementer-1")


# Trouble.


def test_where_the_new_workspace_cannot_be_made_the_next_agent_goes_on_from_the_work(begun_work: Project) -> None:
    begun_work.does("settings", "workspace.setup", "exit 3")
    done = begun_work.run(*TAKE)
    assert (done.returncode, begun_work.module("auth")["status"]) == (2, "pending")
    begun_work.does("settings", "workspace.setup", "--unset")
    begun_work.does("assign", "auth", "implementer-2")
    assert_handed_over(begun_work)


def test_a_workspace_whose_folder_is_gone(begun_work: Project) -> None:
    commit = git(folder(begun_work, "auth"), "rev-parse", "HEAD")
    git(begun_work.folder, "worktree", "remove", "--force", "--force", str(folder(begun_work, "auth")))
    result = begun_work.does(*TAKE)
    assert (result["saved"], result["assignment"]["continues"]) == (commit, commit)


@pytest.mark.torture
def test_killed_at_any_call_of_git_it_is_finished_by_the_same_command(shop: Project, tmp_path: Path) -> None:
    striker = Striker(shop, tmp_path / "striker")
    shop.does("assign", "auth", "implementer-1")
    shop.does("report", "auth", "started", "--text", "Half of it.")
    work(shop, "auth")
    calls, to = striker.calls(*TAKE), cycle(["implementer-1", "implementer-2"])
    moments, struck = cycle(("before", "after")), 0
    for number in range(1, calls + 1, 1 if ROUNDS > 20 else 6):
        agent, moment = next(to), next(moments)
        place = shop.folder / current(shop)["path"]
        (place / f"{number}.txt").write_text("new\n")
        struck += striker.strike(number, moment, "reassign", "auth", "--to", agent, "--force")
        again = shop.run("reassign", "auth", "--to", agent, "--force")
        finished = again.returncode == 0 or f"auth is {agent}'s already" in again.stderr
        assert finished, again
        assert (shop.assignment("auth")["agent"], current(shop)["status"]) == (agent, "ready")
        assert (shop.folder / current(shop)["path"] / f"{number}.txt").exists(), (number, moment)
        assert not [m for m in shop.records("messages").values() if m["status"] == "queued"]
        live = [a for a in assignments(shop) if a["ended_at"] is None]
        assert len(live) == 1
        shop.does("report", "auth", "started", "--text", str(number))
    assert struck >= (calls // 6) - 1


def current(project: Project) -> Any:
    """The workspace in which the module is worked on."""
    task = project.module("auth")["task_uuid"]
    return next(one for one in project.records("workspaces").values() if one["task_uuid"] == task)
