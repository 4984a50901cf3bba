"""Repositories in every state: a workspace works there, or is refused with the reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kit.places import branches, folder, no_trace, record, status, work
from tests.kit.project import Project
from tests.kit.shop import BEGUN
from tests.support import git, make_repository, run

LFS = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def goes_through(project: Project, name: str = "auth") -> None:
    """A workspace there can be made, worked in, completed and removed."""
    project.does("assign", name, "implementer-1")
    assert status(folder(project, name)) == ""
    commit = work(project, name)
    project.hand_in(name)
    assert project.does("complete", name)["evidence"]["commit"] == commit
    project.does("remove-workspace", name)
    no_trace(project, name)


def test_uncommitted_work_in_the_main_directory(shop: Project) -> None:
    (shop.folder / "src" / "api.py").write_text("half\n")
    (shop.folder / "new.txt").write_text("new\n")
    before = status(shop.folder)
    done = shop.run("assign", "auth", "implementer-1")
    assert "Note: the main directory has uncommitted changes" in done.stdout
    assert (folder(shop, "auth") / "src" / "api.py").read_text() != "half\n"
    work(shop, "auth")
    shop.hand_in("auth")
    shop.does("complete", "auth")
    assert status(shop.folder) == before
    assert (shop.folder / "src" / "api.py").read_text() == "half\n"


def test_a_detached_head(begun: Project) -> None:
    git(begun.folder, "switch", "--quiet", "--detach")
    head = git(begun.folder, "rev-parse", "HEAD")
    begun.walk(BEGUN)
    assert begun.workflow()["base_branch"] is None
    goes_through(begun)
    assert git(begun.folder, "rev-parse", "HEAD") == head
    assert git(begun.folder, "branch", "--show-current") == ""


def test_no_commit_yet(tmp_path: Path) -> None:
    project = Project(tmp_path)
    git(tmp_path, "init", "--quiet")
    project.walk(BEGUN)
    assert "has no commit yet" in project.refuses("assign", "auth", "implementer-1")
    assert "has no commit yet" in project.refuses("workspace", "one")
    project.commit("first.txt")
    goes_through(project)
    assert git(tmp_path, "rev-parse", "atlas/integration^") == git(tmp_path, "rev-parse", "main")


def test_a_bare_repository_is_refused(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare.git")
    assert "bare repository" in Project(tmp_path / "bare.git").refuses("workspace", "one")
    git(tmp_path / "bare.git", "worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    assert "bare" in Project(tmp_path / "linked").refuses("workspace", "one")


def test_a_shallow_clone(repo: Path, tmp_path: Path) -> None:
    for number in range(3):
        Project(repo).commit(f"{number}.txt")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repo}", "shallow")
    project = Project(tmp_path / "shallow")
    project.walk(BEGUN)
    goes_through(project)


def test_a_clone_that_fetches_blobs_when_they_are_needed(repo: Path, tmp_path: Path) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo}", "partial")
    project = Project(tmp_path / "partial")
    project.walk(BEGUN)
    goes_through(project)


def test_lfs_pointers_without_lfs(begun: Project, tmp_path: Path) -> None:
    """As `git lfs install` leaves the configuration, on a machine that no longer has it."""
    (begun.folder / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (begun.folder / "big.bin").write_text(LFS)
    git(begun.folder, "add", "--all")
    git(begun.folder, "commit", "--quiet", "--message=Big")
    config = tmp_path / "gitconfig"
    filters = "clean = git-lfs clean -- %f\nsmudge = git-lfs smudge -- %f\nprocess = git-lfs filter-process\n"
    config.write_text(f'{Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text()}[filter "lfs"]\n{filters}required = true\n')
    hooks = begun.folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "post-checkout").write_text("#!/bin/sh\necho 'git-lfs was not found on your path' >&2\nexit 2\n")
    (hooks / "post-checkout").chmod(0o755)
    assert run("git", "lfs", "version").returncode != 0, "this machine has git-lfs"
    env = {"GIT_CONFIG_GLOBAL": str(config)}
    for verb, *arguments in (*BEGUN, ["assign", "auth", "implementer-1"]):
        done = begun.run(verb, *arguments, env=env)
        assert done.returncode == 0, done.stderr
    assert (folder(begun, "auth") / "big.bin").read_text() == LFS
    assert run("git", "status", "--porcelain", cwd=folder(begun, "auth"), env=env).stdout == ""
    work(begun, "auth")
    begun.hand_in("auth")
    for verb, name in (("complete", "auth"), ("remove-workspace", "auth")):
        done = begun.run(verb, name, env=env)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def with_submodule(begun: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The repository has a submodule `lib`, and settings fill it in every workspace."""
    config = tmp_path / "gitconfig"
    allowed = '[protocol "file"]\nallow = always\n'
    config.write_text(Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text() + allowed)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    library = make_repository(tmp_path / "library")
    git(begun.folder, "submodule", "--quiet", "add", str(library), "lib")
    git(begun.folder, "commit", "--quiet", "--message=Library")
    begun.walk(BEGUN)
    (proposal,) = begun.does("settings")["proposals"]
    begun.does("settings", proposal["key"], *proposal["values"])
    return begun


def test_submodules_are_filled_by_the_proposed_set_up(with_submodule: Project) -> None:
    goes_through(with_submodule)


def test_submodules_may_stay_empty(with_submodule: Project) -> None:
    with_submodule.does("settings", "workspace.setup", "--unset")
    goes_through(with_submodule)


def test_work_in_a_submodule_is_not_lost(with_submodule: Project) -> None:
    with_submodule.does("assign", "auth", "implementer-1")
    library = folder(with_submodule, "auth") / "lib"
    (library / "mine.txt").write_text("mine")
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "--message=Mine")
    commit = git(library, "rev-parse", "HEAD")
    work(with_submodule, "auth")
    with_submodule.hand_in("auth")
    assert "commits of submodules exist in" in with_submodule.refuses("complete", "auth")
    with_submodule.does("reassign", "auth", "--to", "dev-alice", "--force")
    assert "in the submodule lib: commits that are on no remote" in with_submodule.refuses("remove-workspace", "auth")
    saved = with_submodule.does("remove-workspace", "auth", "--force")["workspace"]["saved"]
    bundle = saved.replace(".bundle", ".submodule-1.bundle")
    assert commit in git(with_submodule.folder, "bundle", "list-heads", bundle)
    no_trace(with_submodule, "auth")


def test_a_hook_of_the_repository_that_fails_does_not_hinder(begun: Project) -> None:
    begun.walk(BEGUN)
    for name in ("post-checkout", "pre-commit", "reference-transaction"):
        hook = begun.folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\ntouch "$(git rev-parse --git-common-dir)/ran-$(basename "$0")"\n')
        hook.chmod(0o755)
    (begun.folder / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\nexit 1\n")
    begun.does("assign", "auth", "implementer-1")
    assert status(folder(begun, "auth")) == ""


def test_a_moved_repository_is_mended(shop: Project, tmp_path: Path) -> None:
    shop.does("assign", "auth", "implementer-1")
    (folder(shop, "auth") / "half.txt").write_text("half")
    moved = Project(tmp_path / "moved")
    shop.folder.rename(moved.folder)
    assert "was the repository moved?" in moved.run("doctor").stdout
    assert moved.run("doctor", "--repair").returncode == 0
    assert status(folder(moved, "auth")) == "?? half.txt"
    assert moved.run("doctor").returncode == 0


def test_a_worktree_of_the_persons_own_as_the_place_to_call_from(shop: Project, tmp_path: Path) -> None:
    git(shop.folder, "worktree", "add", "--quiet", str(tmp_path / "mine"), "-b", "mine")
    mine = Project(tmp_path / "mine")
    assert mine.does("assign", "auth", "implementer-1")["workspace"]["path"] == ".claude/worktrees/auth"
    assert folder(shop, "auth").is_dir()
    assert not (tmp_path / "mine" / ".claude").exists()


def test_a_repository_with_the_files_of_a_sha256_one(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256")
    project = Project(tmp_path)
    project.commit("first.txt")
    project.walk(BEGUN)
    goes_through(project)
    assert len(record(project, "auth")["base_commit"]) == 64
    assert "atlas/integration" in branches(project)
