"""Assigning to an AI agent makes a workspace, complete before the agent is told; what cannot be made leaves nothing."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from atlas.adapters.store import schema
from tests.kit import state
from tests.kit.places import branches, folder, no_trace, record, registered, status, work
from tests.kit.project import Project
from tests.kit.shop import BEGUN
from tests.support import PYTHON, git, run
from tests.unchanged import others_at_work

OWN = (
    ".claude/WORKER_CONTEXT.json",
    ".claude/checks.sh",
    ".claude/hooks/interrupt_monitor.py",
    ".claude/settings.local.json",
)


def test_an_ai_agent_gets_a_workspace_and_a_person_does_not(shop: Project) -> None:
    result = shop.does("assign", "auth", "implementer-1")
    workspace = result["workspace"]
    assert record(shop, "auth") == workspace
    assert (workspace["status"], workspace["branch"], workspace["path"]) == (
        "ready",
        "atlas/auth",
        ".claude/worktrees/auth",
    )
    assert workspace["base_commit"] == git(shop.folder, "rev-parse", "atlas/integration")
    assert (workspace["module"], workspace["agent"]) == ("auth", "implementer-1")
    assert workspace["task_uuid"] == result["assignment"]["task_uuid"]
    link = shop.folder / ".claude" / "workspaces" / "auth"
    assert str(link.readlink()) == "../worktrees/auth"
    assert link.resolve() == folder(shop, "auth")
    assert git(folder(shop, "auth"), "branch", "--show-current") == "atlas/auth"
    assert shop.does("assign", "board", "dev-alice")["workspace"] is None
    assert registered(shop) == {"auth"}


def test_the_agent_is_told_where_to_work(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    (message,) = shop.mail("implementer-1")
    assert message["status"] == "sent"
    assert str(folder(shop, "auth")) in message["body"]


def test_without_a_workspace_if_so_asked(shop: Project) -> None:
    assert shop.does("assign", "auth", "implementer-1", "--no-workspace")["workspace"] is None
    assert not registered(shop)
    assert shop.mail("implementer-1")[0]["status"] == "sent"


def test_the_same_again_changes_nothing(shop: Project) -> None:
    first = shop.does("assign", "auth", "implementer-1")
    before = state.history_of(shop.folder).read_bytes()
    again = shop.does("assign", "auth", "implementer-1")
    assert (again["created"], again["workspace"]) == (False, first["workspace"])
    assert state.history_of(shop.folder).read_bytes() == before


def test_what_atlas_brings_shows_in_no_status_and_gets_into_no_commit(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1", "--skeleton", "src/api.py")
    place = folder(shop, "auth")
    assert all((place / path).is_file() for path in OWN)
    (place / ".INTERRUPT").write_text("{}")
    assert status(place) == ""
    assert status(shop.folder) == ""
    commit = work(shop, "auth")
    assert git(place, "show", "--name-only", "--format=", commit) == "auth.txt"


def test_the_worker_context_says_what_matters(shop: Project) -> None:
    shop.does("assign", "board", "implementer-2")
    shop.does("assign", "auth", "implementer-1", "--skeleton", "src/api.py")
    context = told(shop, "auth")
    assert schema.schema_faults("worker_context", context) == []
    assert (context["worker"], context["module"]["id"], context["checks"]) == (
        "implementer-1",
        "auth",
        ["test -f auth.txt"],
    )
    assert context["module"]["acceptance_criteria"] == [{"id": "c1", "text": "People log in"}]
    assert "repeat auth --criteria c1,c2 --file PATH" in context["commands"]["repeat"]
    assert context["main_directory"] == str(shop.folder)
    assert context["workspace"]["path"] == str(folder(shop, "auth"))
    assert context["workspace"]["skeleton"] == ["src/api.py"]
    assert context["others"] == [
        {"agent": "implementer-2", "module": "board", "name": "board", "branch": "atlas/board"}
    ]
    assert context["mission"]["goal"] == "Build a shop"
    assert context["boundaries"]


def told(project: Project, name: str) -> Any:
    return json.loads((folder(project, name) / ".claude" / "WORKER_CONTEXT.json").read_text("utf-8"))


def test_what_the_lead_changes_reaches_the_worker_context_and_permissions(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    shop.does("modify", "modify", "auth", "--add-criteria", "Two factors", "--check", "make auth")
    assert told(shop, "auth")["module"]["acceptance_criteria"] == [
        {"id": "c1", "text": "People log in"},
        {"id": "c2", "text": "Two factors"},
    ]
    shop.does("modify", "modify", "auth", "--scope", "src/auth")
    assert told(shop, "auth")["module"]["scope"] == ["src/auth"]
    settings = json.loads((folder(shop, "auth") / ".claude" / "settings.local.json").read_text("utf-8"))
    assert "Bash(make auth)" in settings["permissions"]["allow"]


def test_a_batch_of_workspaces_that_belong_to_nobody(shop: Project) -> None:
    result = shop.does("workspace", "auth", "board", "spare")
    assert [each["workspace"]["status"] for each in result["workspaces"]] == ["ready"] * 3
    assert {workspace["agent"] for workspace in shop.records("workspaces").values()} == {None}


def test_an_assignment_takes_over_the_workspace_of_its_modules_name(shop: Project) -> None:
    shop.does("workspace", "auth")
    shop.does("assign", "board", "implementer-2")
    work(shop, "board")
    shop.hand_in("board")
    shop.does("complete", "board")
    workspace = shop.does("assign", "auth", "implementer-1", "--skeleton", "src/api.py")["workspace"]
    assert (workspace["name"], workspace["agent"], workspace["status"]) == ("auth", "implementer-1", "ready")
    assert told(shop, "auth")["worker"] == "implementer-1"
    assert (folder(shop, "auth") / "board.txt").exists(), "it is not where the integration branch is"
    assert registered(shop) == {"auth", "board"}


def test_one_bad_name_in_a_batch_and_none_is_made(shop: Project) -> None:
    assert "'No'" in shop.refuses("workspace", "one", "No")
    assert "twice" in shop.refuses("workspace", "one", "one")
    shop.does("workspace", "one")
    assert "there is one already, ready" in shop.refuses("workspace", "two", "one")
    assert registered(shop) == {"one"}


def test_reassigning_leaves_the_first_workspace_and_makes_another(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    (folder(shop, "auth") / "half.txt").write_text("half")
    result = shop.does("reassign", "auth", "--to", "implementer-2")
    assert (result["left"]["name"], result["workspace"]["name"]) == ("auth", "auth-2")
    assert record(shop, "auth")["status"] == "abandoned"
    assert (folder(shop, "auth") / "half.txt").exists()
    assert told(shop, "auth-2")["worker"] == "implementer-2"
    assert shop.mail("implementer-1")[-1]["subject"].startswith("[STOP]")


def test_reassigning_to_a_person_makes_none(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    assert shop.does("reassign", "auth", "--to", "dev-alice")["workspace"] is None
    assert registered(shop) == {"auth"}


def test_the_set_up_command_has_run_before_anybody_is_told(shop: Project) -> None:
    shop.does("settings", "workspace.setup", "echo preparing; touch set-up.log; exit 0")
    workspace = shop.does("assign", "auth", "implementer-1")["workspace"]
    ran = workspace["set_up"]
    assert (ran["exit_code"], ran["output_tail"]) == (0, "preparing\n")
    assert ran["command"].startswith("echo preparing")
    assert (folder(shop, "auth") / "set-up.log").exists()
    assert not (shop.folder / "set-up.log").exists()


@pytest.mark.parametrize(
    ("command", "said", "code"),
    [
        ("echo no network >&2; exit 7", "ended with code 7: no network", 7),
        ("sleep 60", "stopped at its limit of time", None),
    ],
)
def test_a_set_up_that_fails_gives_nothing_to_anybody(shop: Project, command: str, said: str, code: int | None) -> None:
    shop.does("settings", "workspace.setup", command)
    shop.does("settings", "workspace.setup-seconds", "1")
    done = shop.run("assign", "auth", "implementer-1")
    assert done.returncode == 2
    assert said in done.stderr
    assert (shop.module("auth")["status"], shop.module("auth")["assigned_to"]) == ("pending", None)
    assert shop.mail("implementer-1") == []
    assert {a["status"] for a in shop.records("assignments").values()} == {"released"}
    gone = record(shop, "auth")
    assert (gone["status"], gone["set_up"]["exit_code"]) == ("abandoned", code)
    no_trace(shop, "auth")
    shop.does("settings", "workspace.setup", "true")
    assert shop.does("assign", "auth", "implementer-1")["workspace"]["status"] == "ready"


def test_when_one_of_a_batch_fails_the_others_are_there(shop: Project) -> None:
    shop.does("settings", "workspace.setup", 'test "$(basename "$PWD")" != two')
    result = shop.does("workspace", "one", "two", "three", code=2)
    assert [each["error"] is None for each in result["workspaces"]] == [True, False, True]
    no_trace(shop, "two")


def test_two_asked_for_at_once_are_both_made(shop: Project) -> None:
    ended: dict[str, int] = {}

    def assign(module: str, agent: str) -> None:
        ended[module] = shop.run("assign", module, agent).returncode

    threads = [
        threading.Thread(target=assign, args=pair) for pair in (("auth", "implementer-1"), ("board", "implementer-2"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == {"auth": 0, "board": 0}
    assert registered(shop) == {"auth", "board"}
    assert all(status(folder(shop, name)) == "" for name in ("auth", "board"))


def test_the_same_asked_for_at_once_is_made_once(shop: Project) -> None:
    ended: list[int] = []
    threads = [threading.Thread(target=lambda: ended.append(shop.run("workspace", "one").returncode)) for _ in range(4)]
    with others_at_work("one of them makes it"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(ended) == [0, 1, 1, 1]
    assert record(shop, "one")["status"] == "ready"
    assert status(folder(shop, "one")) == ""


def test_a_plan_that_begins_anew_leaves_workspaces_known_and_whole(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1")
    work(shop, "auth")
    shop.does("plan", "--abandon", "Another shop")
    assert record(shop, "auth")["status"] == "abandoned"
    assert "commits that are on neither" in shop.run("remove-workspace", "auth").stderr
    assert shop.run("doctor").returncode == 0
    assert "atlas/auth" in branches(shop)


def test_the_launcher_is_the_same_verbs(shop: Project) -> None:
    launcher = shop.folder / ".claude" / "tools" / "orchestration.py"
    done = run(PYTHON, launcher, "status", "--json", cwd=shop.folder)
    assert done.stdout == shop.run("status", "--json").stdout
    assert status(shop.folder) == ""


def test_a_launcher_of_somebody_elses_is_left_alone(begun: Project) -> None:
    mine = begun.folder / ".claude" / "tools" / "orchestration.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("print('mine')\n")
    begun.walk(BEGUN[:4])
    assert "not ATLAS's" in begun.run("start").stdout
    assert mine.read_text() == "print('mine')\n"
