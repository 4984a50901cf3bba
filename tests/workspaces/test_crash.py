"""A command is killed at any moment: what it left is found and mended, and nothing that a worker did is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from tests.kit.places import branches, folder, no_trace, record, registered, status, work
from tests.kit.project import Project
from tests.kit.striking import Striker, kill_at_random, seconds
from tests.support import ROUNDS, git

MOMENTS = ("before", "after")
STEP = 1 if ROUNDS > 20 else 2 if ROUNDS == 20 else 8
"""Every call of git is struck in the longest run, one of some in a shorter one."""

SOONER = 0.7
"""Of the time that a command took, the part to strike in: it takes longer the first time than ever after."""


def strikes(calls: int, moments: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """The calls to strike at, before and after them in turn."""
    return zip(range(1, calls + 1, STEP), cycle(moments))


@pytest.fixture
def striker(shop: Project, tmp_path: Path) -> Striker:
    shop.does("settings", "workspace.setup", "touch set-up.log")
    return Striker(shop, tmp_path / "striker")


def mend(project: Project) -> None:
    """The doctor mends everything, and finds nothing more."""
    done = project.run("doctor", "--repair")
    assert done.returncode == 0, done.stdout
    found = project.does("doctor")
    assert [each for each in found["findings"] if each["level"] != "ok"] == []
    assert not [each for each in found["findings"] if "could not be mended" in each["what"]]


def assert_consistent(project: Project) -> None:
    """Records, worktrees, branches and links agree."""
    for name, workspace in project.records("workspaces").items():
        assert workspace["status"] in ("ready", "merged", "abandoned")
        if workspace["removed_at"] is None:
            assert git(folder(project, name), "branch", "--show-current") == workspace["branch"]
            assert (project.folder / ".claude" / "workspaces" / name).resolve() == folder(project, name)
        else:
            no_trace(project, name)
    there = {name for name, one in project.records("workspaces").items() if one["removed_at"] is None}
    assert registered(project) == there
    places = project.folder / ".claude" / "worktrees"
    assert {path.name for path in places.iterdir()} == there
    live = {a["module"]: a for a in project.records("assignments").values() if a["ended_at"] is None}
    for key, module in project.records("modules").items():
        assert (module["task_uuid"] is not None) == (key in live)
    for message in project.records("messages").values():
        assert message["status"] != "queued"


def told(project: Project) -> int:
    return sum(message["subject"].startswith("[TASK]") for message in project.mail("implementer-1"))


@pytest.mark.torture
@pytest.mark.parametrize("way", ["doctor", "again"])
def test_killed_at_any_call_of_git_while_it_makes_one(shop: Project, striker: Striker, way: str) -> None:
    (shop.folder / "src" / "new.py").write_text("1")
    assign = ("assign", "auth", "implementer-1", "--skeleton", "src/new.py")
    calls = striker.calls(*assign)
    shop.does("remove-workspace", "auth", "--force")
    struck = 0
    moments = MOMENTS if way == "again" else MOMENTS[::-1]
    for number, moment in strikes(calls, moments):
        struck += striker.strike(number, moment, *assign)
        before = told(shop)
        if way == "doctor":
            mend(shop)
            assert_consistent(shop)
        shop.does(*assign)
        assert_consistent(shop)
        assert status(folder(shop, "auth")) == "?? set-up.log"
        assert told(shop) - before in (0, 1)
        assert shop.mail("implementer-1")[-1]["subject"].startswith("[TASK]")
        shop.does("remove-workspace", "auth", "--force")
        assert_consistent(shop)
    assert struck >= calls // STEP - 1
    mend(shop)


@pytest.mark.parametrize(
    ("verb", "file"),
    [
        ("workspace", "refs/heads/atlas/one.lock"),
        ("remove-workspace", "refs/heads/atlas/one.lock"),
        ("remove-workspace", "packed-refs.lock"),
    ],
)
def test_the_lock_that_a_killed_git_left_on_a_branch(shop: Project, verb: str, file: str) -> None:
    if verb == "remove-workspace":
        shop.does("workspace", "one")
    lock = shop.folder / ".git" / file
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    os.utime(lock, (time.time() - 60,) * 2)
    shop.does(verb, "one")
    assert_consistent(shop)
    assert not lock.exists()


@pytest.mark.torture
def test_killed_at_any_call_of_git_while_it_removes_one(shop: Project, striker: Striker) -> None:
    shop.does("settings", "workspace.setup", "--unset")
    calls = _removed(shop, striker, None, "")
    struck = sum(_removed(shop, striker, number, moment) for number, moment in strikes(calls, MOMENTS))
    assert struck >= calls // STEP - 1


def _removed(shop: Project, striker: Striker, number: int | None, moment: str) -> int:
    """Remove a workspace with a commit, a change and a new file in it, and see that all three are still somewhere."""
    shop.does("workspace", "one")
    commit = work(shop, "one")
    (folder(shop, "one") / "src" / "api.py").write_text("changed\n")
    (folder(shop, "one") / "new.txt").write_text("new\n")
    remove = ("remove-workspace", "one", "--force")
    if number is None:
        result = striker.calls(*remove)
    else:
        result = int(striker.strike(number, moment, *remove))
        if number % 3 == 0:
            shop.does(*remove)
        mend(shop)
    assert_consistent(shop)
    assert_not_lost(shop, commit)
    shop.does(*remove)
    assert_consistent(shop)
    assert_not_lost(shop, commit)
    return result


def assert_not_lost(project: Project, commit: str) -> None:
    """The commit, the change and the new file are in the worktree or in the bundle that the record names."""
    now = record(project, "one")
    if now["removed_at"] is None:
        place = folder(project, "one")
        assert git(place, "rev-parse", "HEAD") == commit
        assert ((place / "src" / "api.py").read_text(), (place / "new.txt").read_text()) == ("changed\n", "new\n")
        return
    git(project.folder, "fetch", "--quiet", now["saved"], "+refs/*:refs/rescued/*")
    whole = "refs/rescued/atlas/saved/one"
    assert commit in git(project.folder, "rev-list", whole).split()
    assert git(project.folder, "show", f"{whole}:src/api.py") == "changed"
    assert git(project.folder, "show", f"{whole}:new.txt") == "new"


@pytest.mark.torture
def test_killed_at_any_call_of_git_while_it_completes(shop: Project, striker: Striker) -> None:
    """What was merged is never merged twice, and a module is complete only when it is on the branch."""
    shop.does("settings", "workspace.setup", "--unset")
    shop.does("assign", "board", "implementer-2")
    number, struck = 0, True
    while struck:
        number += STEP if ROUNDS < 20 else (STEP + 1) // 2
        name = f"m{number}"
        shop.does("modify", "add", "--name", name, "--criteria", "C", "--check", "test -f README.md")
        shop.does("assign", name, "implementer-1")
        shop.commit(f"main-{number}.txt")
        git(shop.folder, "branch", "--force", "--quiet", "kept")
        commit = work(shop, name)
        shop.hand_in(name)
        struck = striker.strike(number, MOMENTS[number % 2], "complete", name)
        mend(shop)
        if shop.module(name)["status"] != "complete":
            assert record(shop, name)["status"] == "ready"
            shop.does("complete", name)
        assert git(shop.folder, "rev-list", "--merges", "--count", f"{commit}..atlas/integration") == "1"
        assert commit in git(shop.folder, "rev-list", "atlas/integration").split()
        assert_consistent(shop)
    assert number > 10


@pytest.mark.torture
def test_killed_at_random_while_it_makes_one(shop: Project) -> None:
    shop.does("settings", "workspace.setup", "sleep 0.1; touch set-up.log")
    assign = ("assign", "auth", "implementer-1")
    most = seconds(shop, *assign) * SOONER
    shop.does("remove-workspace", "auth", "--force")
    struck = 0
    for round_ in range(ROUNDS):
        in_time = kill_at_random(shop, most, *assign)
        struck, most = struck + in_time, most if in_time else most * SOONER
        if round_ % 3 == 1:
            kill_at_random(shop, most, "doctor", "--repair")
        if round_ % 3:
            mend(shop)
            assert_consistent(shop)
        shop.does(*assign)
        assert_consistent(shop)
        assert status(folder(shop, "auth")) == "?? set-up.log"
        shop.does("remove-workspace", "auth", "--force")
    assert struck > ROUNDS // 4, "it was over before it could be killed"
    mend(shop)


@pytest.mark.torture
def test_killed_at_random_while_it_removes_one(shop: Project) -> None:
    most, struck = 0.0, 0
    for round_ in range(ROUNDS):
        shop.does("workspace", "one")
        commit = work(shop, "one")
        (folder(shop, "one") / "src" / "api.py").write_text("changed\n")
        (folder(shop, "one") / "new.txt").write_text("new\n")
        if round_ == 0:
            most = seconds(shop, "remove-workspace", "one", "--force") * SOONER
        else:
            in_time = kill_at_random(shop, most, "remove-workspace", "one", "--force")
            struck, most = struck + in_time, most if in_time else most * SOONER
        if round_ % 2:
            kill_at_random(shop, most, "doctor", "--repair")
        mend(shop)
        assert_consistent(shop)
        assert_not_lost(shop, commit)
        shop.does("remove-workspace", "one", "--force")
        assert_not_lost(shop, commit)
    assert struck > ROUNDS // 4, "it was over before it could be killed"
    assert {"main", "atlas/integration"} == branches(shop)
