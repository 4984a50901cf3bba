"""Files that a workspace is given: linked, copied, skeletons; contained, and kept out of commits in every case."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.kit.places import folder, no_trace, record, status, work
from tests.kit.project import Project
from tests.kit.shop import BEGUN
from tests.support import git

HOSTILE = [
    "../../x",
    "..",
    ".",
    "/etc/passwd",
    "src/../../../x",
    ".git/config",
    ".GIT/config",
    ".claude/settings.json",
    "nothing.py",
    "src\n/api.py",
    "",
    "․․/x",
    "．．／x",
    "x" * 300,
    "src/" + "x/" * 300 + "x",
    "out/secret.txt",
    "secret-link",
]


def ignore(project: Project, *patterns: str) -> None:
    project.commit(".gitignore", "".join(f"{pattern}\n" for pattern in patterns))
    git(project.folder, "branch", "--force", "atlas/integration", "main")


def test_a_linked_folder_is_the_main_directorys(shop: Project) -> None:
    ignore(shop, "node_modules/")  # does not match a link of that name
    modules = shop.folder / "node_modules"
    modules.mkdir()
    (modules / "it.js").write_text("1")
    shop.does("settings", "workspace.link", "node_modules")
    workspace = shop.does("assign", "auth", "implementer-1")["workspace"]
    assert workspace["linked"] == ["node_modules"]
    linked = folder(shop, "auth") / "node_modules"
    assert (linked.is_symlink(), linked.resolve()) == (True, modules)
    assert status(folder(shop, "auth")) == status(shop.folder) == ""
    assert git(folder(shop, "auth"), "show", "--name-only", "--format=", work(shop, "auth")) == "auth.txt"


def test_a_copied_file_and_folder_are_the_workspaces_own(shop: Project) -> None:
    ignore(shop, ".env", "conf/")
    (shop.folder / ".env").write_text("KEY=1\n")
    (shop.folder / "conf").mkdir()
    (shop.folder / "conf" / "a.toml").write_text("a")
    shop.does("settings", "workspace.copy", ".env", "conf")
    shop.does("assign", "auth", "implementer-1")
    place = folder(shop, "auth")
    assert (place / ".env").read_text() == "KEY=1\n"
    (place / "conf" / "a.toml").write_text("b")
    assert (shop.folder / "conf" / "a.toml").read_text() == "a"
    assert status(place) == status(shop.folder) == ""


def test_a_skeleton_of_uncommitted_work_stays_out_of_commits(shop: Project) -> None:
    """New in the main directory, changed there, and in a folder of its own: none may get into the worker's commits."""
    (shop.folder / "src" / "api.py").write_text("def log_in(name: str) -> bool: ...\n")
    (shop.folder / "src" / "new.py").write_text("NEW = 1\n")
    (shop.folder / "lib" / "deep").mkdir(parents=True)
    (shop.folder / "lib" / "deep" / "[it]*.py").write_text("DEEP = 1\n")
    before = status(shop.folder)
    paths = ["src/api.py", "src/new.py", "lib/deep/[it]*.py"]
    shop.does("assign", "auth", "implementer-1", *(word for path in paths for word in ("--skeleton", path)))
    place = folder(shop, "auth")
    for path in paths:
        assert (place / path).read_bytes() == (shop.folder / path).read_bytes()
    assert status(place) == ""
    assert status(shop.folder) == before, "the main directory's own new files are hidden, too"
    assert git(place, "show", "--name-only", "--format=", work(shop, "auth")) == "auth.txt"


def test_a_skeleton_file_can_be_made_the_workers_own(shop: Project) -> None:
    (shop.folder / "src" / "new.py").write_text("NEW = 1\n")
    (shop.folder / "src" / "api.py").write_text("changed\n")
    shop.does("assign", "auth", "implementer-1", "--skeleton", "src/new.py", "--skeleton", "src/api.py")
    place = folder(shop, "auth")
    git(place, "update-index", "--no-skip-worktree", "src/api.py")
    git(place, "add", "--force", "src/new.py", "src/api.py")
    git(place, "commit", "--quiet", "--message=Mine")
    assert git(place, "show", "--name-only", "--format=").split() == ["src/api.py", "src/new.py"]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_skeleton_or_setting_that_is_no_file_of_the_project_is_refused(shop: Project, path: str) -> None:
    outside = shop.folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (shop.folder / "out").symlink_to(outside)
    (shop.folder / "secret-link").symlink_to(outside / "secret.txt")
    (shop.folder / "x").write_text("x")
    for verb, *arguments in (
        ("assign", "auth", "implementer-1", f"--skeleton={path}"),
        ("settings", "workspace.link", path),
        ("settings", "workspace.copy", path),
    ):
        shop.refuses(verb, *arguments)
    assert os.listdir(outside) == ["secret.txt"]


def test_what_was_fine_when_it_was_set_is_looked_at_again(shop: Project) -> None:
    ignore(shop, "conf")
    (shop.folder / "conf").mkdir()
    shop.does("settings", "workspace.copy", "conf")
    (shop.folder / "conf" / "out").symlink_to("/etc/passwd")
    assert "leads out of the project" in shop.run("assign", "auth", "implementer-1").stderr
    no_trace(shop, "auth")
    (shop.folder / "conf" / "out").unlink()
    (shop.folder / "conf").rmdir()
    (shop.folder / "conf").symlink_to(shop.folder.parent)
    assert "leads out of the project" in shop.run("assign", "auth", "implementer-1").stderr
    (shop.folder / "conf").unlink()
    assert "does not exist" in shop.run("assign", "auth", "implementer-1").stderr
    assert shop.module("auth")["status"] == "pending"


def test_what_is_committed_is_neither_linked_nor_copied(shop: Project) -> None:
    assert "is in every commit" in shop.refuses("settings", "workspace.link", "src/api.py")
    (shop.folder / "late.txt").write_text("1")
    shop.does("settings", "workspace.link", "late.txt")
    shop.commit("late.txt", "2")
    git(shop.folder, "branch", "--force", "atlas/integration", "main")
    assert "late.txt is committed" in shop.run("assign", "auth", "implementer-1").stderr
    no_trace(shop, "auth")


def test_what_could_get_into_commits_is_refused(shop: Project) -> None:
    """In the root there is a .gitignore already, so a new file of the main directory cannot be hidden there."""
    ignore(shop, "*.log")
    (shop.folder / "top.py").write_text("1")
    done = shop.run("assign", "auth", "implementer-1", "--skeleton", "top.py")
    assert "commit it, or ignore it" in done.stderr
    no_trace(shop, "auth")


def test_a_gitignore_that_asks_for_our_files_is_refused_by_name(shop: Project) -> None:
    ignore(shop, "!/.claude/", "!/.claude/settings.local.json")
    done = shop.run("assign", "auth", "implementer-1")
    assert ".claude/settings.local.json would get into commits" in done.stderr
    no_trace(shop, "auth")


def test_files_of_ours_that_are_committed_stay_as_they_are_in_commits(begun: Project) -> None:
    own = {"permissions": {"allow": ["Bash(make:*)"], "deny": ["Read(x)"]}, "model": "opus"}
    files = {
        ".claude/settings.local.json": json.dumps(own),
        ".claude/WORKER_CONTEXT.json": "theirs",
        ".claude/hooks/interrupt_monitor.py": "print('theirs')",
        ".INTERRUPT": "theirs",
    }
    for name, text in files.items():
        (begun.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (begun.folder / name).write_text(text)
    git(begun.folder, "add", "--all", "--force")
    git(begun.folder, "commit", "--quiet", "--message=Theirs")
    begun.walk(BEGUN)
    begun.does("assign", "auth", "implementer-1")
    place = folder(begun, "auth")
    assert status(place) == status(begun.folder) == ""
    settings = json.loads((place / ".claude" / "settings.local.json").read_text())
    assert settings["model"] == "opus"
    assert {"Bash(make:*)", "Bash(git add:*)"} <= set(settings["permissions"]["allow"])
    assert "Read(x)" in settings["permissions"]["deny"]
    assert "PreToolUse" in settings["hooks"]
    assert not (place / ".INTERRUPT").exists(), "a worker would be stopped by what somebody committed"
    commit = work(begun, "auth")
    for name, text in files.items():
        assert git(place, "show", f"{commit}:{name}") == text
    begun.does("complete", "auth")
    begun.does("remove-workspace", "auth")


@pytest.mark.parametrize("path", [".claude", ".claude/hooks"])
def test_a_committed_link_that_leads_out_is_refused(begun: Project, tmp_path: Path, path: str) -> None:
    begun.walk(BEGUN)
    outside = tmp_path / "outside"
    outside.mkdir()
    git(begun.folder, "switch", "--quiet", "atlas/integration")
    (tmp_path / "text").write_text(str(outside))
    blob = git(begun.folder, "hash-object", "-w", str(tmp_path / "text"))
    git(begun.folder, "update-index", "--add", "--cacheinfo", f"120000,{blob},{path}")
    git(begun.folder, "commit", "--quiet", "--message=A link")
    git(begun.folder, "switch", "--quiet", "--force", "main")
    done = begun.run("assign", "auth", "implementer-1")
    assert done.returncode == 2
    assert "leads out of the workspace" in done.stderr
    assert os.listdir(outside) == []
    no_trace(begun, "auth")


@pytest.mark.parametrize("name", ["worktrees", "workspaces"])
def test_a_link_in_place_of_our_folders_is_refused(shop: Project, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop.folder / ".claude" / name).symlink_to(outside)
    assert "make it a folder" in shop.refuses("assign", "auth", "implementer-1")
    assert "make it a folder" in shop.refuses("workspace", "one")
    assert os.listdir(outside) == []


def test_settings_are_shown_with_proposals_from_the_repositorys_own_files(shop: Project) -> None:
    ignore(shop, ".env")
    (shop.folder / ".env").write_text("KEY=1")
    (shop.folder / ".env.example").write_text("KEY=")
    for name in ("package-lock.json", "uv.lock"):
        (shop.folder / name).write_text("{}")
    shown = shop.does("settings")
    assert {key: value for key, value in shown["settings"].items() if key.startswith("workspace.")} == {
        "workspace.setup": None,
        "workspace.setup-seconds": 600,
        "workspace.link": [],
        "workspace.copy": [],
    }
    proposals = {proposal["key"]: proposal["values"] for proposal in shown["proposals"]}
    assert proposals == {"workspace.setup": ["npm ci && uv sync --frozen"], "workspace.link": [".env"]}
    assert "atlas settings workspace.setup 'npm ci && uv sync --frozen'" in shop.run("settings").stdout
    shop.does("settings", "workspace.setup", "npm ci")
    shop.does("settings", "workspace.link", ".env")
    assert shop.does("settings")["proposals"] == []


def test_settings_are_changed_taken_away_and_survive_the_next_plan(shop: Project) -> None:
    assert shop.does("settings", "workspace.setup", "make")["changed"] is True
    assert shop.does("settings", "workspace.setup", "make")["changed"] is False
    shop.does("settings", "workspace.setup-seconds", "30")
    shop.does("plan", "--abandon", "Another")
    assert shop.does("settings")["settings"]["workspace.setup"] == "make"
    after = shop.does("settings", "workspace.setup", "--unset")["settings"]
    assert (after["workspace.setup"], after["workspace.setup-seconds"]) == (None, 30)


@pytest.mark.parametrize(
    "arguments",
    [
        ["workspace.nothing", "1"],
        ["workspace.setup"],
        ["workspace.setup", " "],
        ["workspace.setup", "a", "b"],
        ["workspace.setup", "make", "--unset"],
        ["workspace.setup-seconds", "0"],
        ["workspace.setup-seconds", "86401"],
        ["workspace.setup-seconds", "ten"],
        ["workspace.setup-seconds", "٣"],
        ["workspace.setup", "x" * 2001],
    ],
)
def test_what_is_no_setting_is_refused(shop: Project, arguments: list[str]) -> None:
    shop.refuses("settings", *arguments)


def test_a_record_says_what_was_brought(shop: Project) -> None:
    shop.does("assign", "auth", "implementer-1", "--skeleton", "./src//api.py")
    assert record(shop, "auth")["skeleton"] == ["src/api.py"]
