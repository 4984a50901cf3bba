"""A proof checkout is a clone of the commit, whatever kind of repository that is in; none of its settings count."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.core.errors import AtlasError
from tests.kit.checkouts import Pool, commit_all, listing, write
from tests.support import git, make_repository

LOCAL = ("-c", "protocol.file.allow=always")


def filled(folder: Path) -> Path:
    """A repository with a history, tags and some kinds of files."""
    write(folder / "src/a.py", "text\n")
    write(folder / "run.sh", "#!/bin/sh\n").chmod(0o755)
    (folder / "link").symlink_to("src")
    git(folder, "tag", "plain")
    commit_all(folder)
    git(folder, "tag", "--annotate", "--message=One", "annotated")
    return folder


def ordinary(folder: Path) -> Path:
    return filled(make_repository(folder / "one"))


def sha256(folder: Path) -> Path:
    git(folder, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", "one")
    write(folder / "one/first", "x")
    commit_all(folder / "one")
    return filled(folder / "one")


def linked(folder: Path) -> Path:
    git(ordinary(folder), "worktree", "add", "--quiet", "--detach", "../linked")
    return folder / "linked"


def separate(folder: Path) -> Path:
    git(ordinary(folder), "init", "--quiet", "--separate-git-dir=../kept apart")
    return folder / "one"


def bare_with_worktree(folder: Path) -> Path:
    git(folder, "clone", "--quiet", "--bare", str(ordinary(folder)), "bare.git")
    git(folder / "bare.git", "worktree", "add", "--quiet", "--detach", "../tree")
    return folder / "tree"


def with_alternates(folder: Path) -> Path:
    one = ordinary(folder)
    git(folder, "clone", "--quiet", "--shared", str(one), "two")
    git(folder, "clone", "--quiet", "--shared", "two", "three")
    write(folder / "three/.git/objects/info/alternates", "../../../two/.git/objects\n")
    write(folder / "two/.git/objects/info/alternates", "../../../one/.git/objects\n")
    return folder / "three"


def shallow(folder: Path) -> Path:
    git(folder, "clone", "--quiet", "--depth=1", f"file://{ordinary(folder)}", "shallow")
    return folder / "shallow"


def partial(folder: Path) -> Path:
    one = ordinary(folder)
    for name in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(one, "config", name, "true")
    git(folder, "clone", "--quiet", "--no-checkout", "--filter=tree:0", f"file://{one}", "partial")
    return folder / "partial"


def packed(folder: Path) -> Path:
    git(ordinary(folder), "gc", "--quiet")
    return folder / "one"


def odd_name(folder: Path) -> Path:
    return filled(make_repository(folder / 'an odd\nname, "quoted" \\ ä'))


KINDS = [*(ordinary, sha256, linked, separate, bare_with_worktree, with_alternates, shallow, partial, packed, odd_name)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
def test_kinds_of_repositories(kind: Callable[[Path], Path], tmp_path: Path) -> None:
    root = kind(tmp_path)
    commit = git(root, "rev-parse", "HEAD")
    pool = Pool(root, tmp_path / "pool")
    for _ in range(2):
        with pool.hold() as checkout:
            tree = Path(checkout.folder)
            assert tree.name == root.name
            assert git(tree, "rev-parse", "HEAD") == commit
            assert (tree / "link/a.py").read_text() == "text\n"
            assert git(tree, "tag") == git(root, "tag")
            assert git(tree, "describe") == git(root, "describe")
            assert git(tree, "rev-list", "HEAD") == git(root, "rev-list", "HEAD")
            assert git(tree, "status", "--porcelain", "--ignored") == ""
            assert git(root, "for-each-ref", "--format=%(objectname)", "refs/atlas/proofs") == commit
    assert git(root, "for-each-ref", "refs/atlas") == ""


def test_a_commit_on_no_branch(repo: Path, tmp_path: Path) -> None:
    commit = git(repo, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "On no branch")
    with Pool(repo, tmp_path / "pool").hold(commit) as checkout:
        git(repo, "gc", "--quiet", "--prune=now")
        assert git(Path(checkout.folder), "log", "-1", "--format=%s") == "On no branch"
    with pytest.raises(AtlasError), Pool(repo, tmp_path / "pool").hold("1" * 40):
        pass


def test_nothing_of_the_repositorys_own_settings_counts(repo: Path, tmp_path: Path) -> None:
    write(repo / "a/b.txt", "one\n")
    write(repo / "c.txt", "one\n")
    commit_all(repo)
    marker = tmp_path / "ran"
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        write(repo / ".git/hooks" / name, f"#!/bin/sh\ntouch '{marker}'\n").chmod(0o755)
    write(repo / ".git/info/attributes", "*.txt eol=crlf\n")
    write(repo / ".git/info/exclude", "*\n")
    git(repo, "config", "core.fsmonitor", f"touch '{marker}'")
    git(repo, "config", "core.autocrlf", "true")
    git(repo, "config", "alias.own", "status")
    git(repo, "sparse-checkout", "set", "--no-cone", "/c.txt")
    git(repo, "config", "--worktree", "core.eol", "crlf")
    other = git(repo, "commit-tree", "HEAD^{tree}", "-m", "Replaced")
    git(repo, "replace", "HEAD", other)
    marker.unlink(missing_ok=True)
    with Pool(repo, tmp_path / "pool").hold() as checkout:
        tree = Path(checkout.folder)
        assert not marker.exists()
        assert (tree / "a/b.txt").read_bytes() == b"one\n"
        assert git(tree, "log", "--format=%s") == "Work\nStart"
        write(tree / "new", "x")
        assert git(tree, "status", "--porcelain") == "?? new"
        assert "alias.own" not in git(tree, "config", "--list", "--name-only")
    assert not marker.exists()


def test_the_persons_settings_count(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "ran"
    write(tmp_path / "hooks/post-commit", f"#!/bin/sh\ntouch '{marker}'\n").chmod(0o755)
    core = f"[core]\nhooksPath = {tmp_path}/hooks\nfsmonitor = touch {marker}\ntrustCtime = false\n"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(write(tmp_path / "person", f"{core}[alias]\nmine = log\n")))
    git(repo, "config", "user.name", 'An "odd" \\ name; #1')
    git(repo, "config", "user.email", "odd@example.invalid")
    pool = Pool(repo, tmp_path / "pool")
    with pool.hold():
        pass
    with pool.hold() as checkout:
        tree = Path(checkout.folder)
        assert git(tree, "config", "alias.mine") == "log"
        about = (tree / "README.md").stat()
        write(tree / "README.md", "# Exemple\n")
        assert (tree / "README.md").stat().st_size == about.st_size
        os.utime(tree / "README.md", ns=(about.st_atime_ns, about.st_mtime_ns))
        assert checkout.changes() == ["README.md"]
        write(tree / "README.md", "# With another size, which git sees with such settings, too\n")
        git(tree, "commit", "--quiet", "--all", "--message=By whom")
        assert git(tree, "log", "-1", "--format=%an %ae") == 'An "odd" \\ name; #1 odd@example.invalid'
        assert checkout.changes() == ["HEAD", "README.md"]
    assert not marker.exists()


def test_a_filter_of_the_repository_is_refused_and_the_persons_is_used(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(repo, tmp_path / "pool")
    write(repo / "a.up", "text\n")
    write(repo / ".gitattributes", "*.up filter=upper\n*.id ident\n*.nowhere filter=unknown\n")
    write(repo / "b.id", "$Id$\n")
    commit_all(repo)
    with pool.hold() as checkout:
        assert Path(checkout.folder, "a.up").read_text() == "text\n"
    git(repo, "config", "filter.upper.smudge", "tr a-z A-Z")
    with pytest.raises(AtlasError, match="the filter upper is defined by this repository's settings only"), pool.hold():
        pass
    person = Path(shutil.copy(os.environ["GIT_CONFIG_GLOBAL"], tmp_path / "person"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(person))
    git(repo, "config", "--global", "filter.upper.smudge", "tr a-z A-Z")
    git(repo, "config", "--global", "filter.upper.clean", "tr A-Z a-z")
    for _ in range(2):
        with pool.hold() as checkout:
            file = Path(checkout.folder, "a.up")
            assert file.read_text() == "TEXT\n"
            assert Path(checkout.folder, "b.id").read_text().startswith("$Id: ")
            assert checkout.changes() == []
            file.write_text("OTHER\n")
            assert checkout.changes() == ["a.up"]


@pytest.fixture
def nest(tmp_path: Path) -> Path:
    """A folder with the repositories `outer`, `middle` in it as `libs/mid`, and `inner` in that one as `in`."""
    inner, middle = make_repository(tmp_path / "inner"), make_repository(tmp_path / "middle")
    outer = make_repository(tmp_path / "outer")
    write(inner / "deep.txt", "deep\n")
    commit_all(inner)
    git(middle, *LOCAL, "submodule", "--quiet", "add", str(inner), "in")
    commit_all(middle)
    git(outer, *LOCAL, "submodule", "--quiet", "add", "--name", "odd/name", str(middle), "libs/mid")
    git(outer, *LOCAL, "submodule", "--quiet", "update", "--init", "--recursive")
    commit_all(outer)
    return tmp_path


def test_submodules_in_submodules(nest: Path) -> None:
    pool = Pool(nest / "outer", nest / "pool")
    with pool.hold() as checkout:
        tree, new = Path(checkout.folder), listing(checkout.folder)
        assert (tree / "libs/mid/in/deep.txt").read_text() == "deep\n"
        assert git(tree, "status", "--porcelain", "--ignored") == ""
        states = git(tree, "submodule", "foreach", "--recursive", "--quiet", "git status --porcelain --ignored; pwd")
        assert states.splitlines() == [str(tree / "libs/mid"), str(tree / "libs/mid/in")]
        assert not re.search(r"^[-+U]", git(tree, "submodule", "status", "--recursive"), re.MULTILINE)
        write(tree / "libs/mid/in/deep.txt", "else\n")
        write(tree / "libs/mid/new", "x")
        assert checkout.changes() == ["libs/mid/in/deep.txt"]
        git(tree / "libs/mid/in", "commit", "--quiet", "--all", "--message=Moved")
        assert checkout.changes() == ["libs/mid/in", "libs/mid/in/deep.txt"]
    with pool.hold() as checkout:
        assert listing(checkout.folder) == new
        assert checkout.changes() == []
        shutil.rmtree(tree / "libs/mid")
        assert checkout.changes() == ["libs/mid", "libs/mid/.gitmodules", "libs/mid/README.md", "libs/mid/in"]
        (tree / "libs/mid").symlink_to(nest)
    with pool.hold() as checkout:
        assert listing(checkout.folder) == new


def test_a_submodule_that_nobody_filled_stays_empty(nest: Path) -> None:
    git(nest, "clone", "--quiet", "outer", "other")
    pool = Pool(nest / "other", nest / "pool")
    with pool.hold() as checkout:
        assert listing(Path(checkout.folder, "libs/mid")) == {}
        write(Path(checkout.folder, "libs/mid/left"), "x")
    with pool.hold() as checkout:
        assert listing(Path(checkout.folder, "libs/mid")) == {}


def test_a_submodules_commit_of_the_workspace_counts_once_it_is_pushed(nest: Path) -> None:
    outer, tree = nest / "outer", nest / "tree"
    git(outer, "worktree", "add", "--quiet", "--detach", str(tree))
    git(tree, *LOCAL, "submodule", "--quiet", "update", "--init")
    write(tree / "libs/mid/new.txt", "new\n")
    commit_all(tree / "libs/mid")
    commit = commit_all(tree)
    pool = Pool(outer, nest / "pool")
    with pytest.raises(AtlasError, match="submodule libs/mid is in the workspace only"), pool.hold(commit, tree):
        pass
    with pytest.raises(AtlasError, match="submodule libs/mid is missing"), pool.hold(commit):
        pass
    git(tree / "libs/mid", "push", "--quiet", "origin", "HEAD:refs/heads/pushed")
    with pool.hold(commit, tree) as checkout:
        assert Path(checkout.folder, "libs/mid/new.txt").read_text() == "new\n"
        assert checkout.changes() == []


def test_a_submodules_name_leads_nowhere_else(nest: Path) -> None:
    text = (nest / "outer/.gitmodules").read_text()
    write(nest / "outer/.gitmodules", text.replace("odd/name", "../../../../evil"))
    commit = commit_all(nest / "outer")
    with pytest.raises(AtlasError), Pool(nest / "outer", nest / "pool").hold(commit) as checkout:
        pytest.fail(str(listing(checkout.folder)))
    assert not (nest / "evil").exists()
