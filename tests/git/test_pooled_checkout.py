"""A checkout that was used before is as a new clone, whatever was done in it; a killed holder is in nobody's way."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from atlas.adapters.git import checkout_pool
from atlas.core.errors import AtlasError
from tests.kit.checkouts import Pool, commit_all, listing, write
from tests.kit.striking import KILLING_GIT
from tests.support import PACE, SCRIPTS, git, run

TEXT = "one line\nand another\n"


@pytest.fixture
def pool(repo: Path, tmp_path: Path) -> Pool:
    """A repository with some of everything, and a pool for it."""
    write(repo / "src/a.py", TEXT)
    write(repo / "src/deep/b.py", TEXT)
    write(repo / ".gitignore", "*.log\ncache/\n")
    write(repo / ".gitattributes", "* text=auto\n")
    write(repo / "run.sh", "#!/bin/sh\n").chmod(0o755)
    (repo / "link").symlink_to("src/a.py")
    commit_all(repo)
    return Pool(repo, tmp_path / "pool")


def outside(tree: Path) -> Path:
    """A name beside a work tree."""
    return Path(tempfile.mkdtemp(dir=tree.parent), "outside")


def same_size_and_time(tree: Path) -> None:
    about = (tree / "src/a.py").stat()
    (tree / "src/a.py").write_text(TEXT.replace("one", "two"))
    os.utime(tree / "src/a.py", ns=(about.st_atime_ns, about.st_mtime_ns))


def hidden_from_git(tree: Path) -> None:
    same_size_and_time(tree)
    git(tree, "update-index", "--assume-unchanged", "src/a.py")
    git(tree, "update-index", "--skip-worktree", "run.sh")
    (tree / "run.sh").write_text("exit 0\n")


def committed(tree: Path) -> None:
    (tree / "src/a.py").write_text("false\n")
    git(tree, "commit", "--quiet", "--all", "--message=Moved")


def line_ends(tree: Path) -> None:
    (tree / "src/a.py").write_bytes(TEXT.replace("\n", "\r\n").encode())


def ignored_files(tree: Path) -> None:
    write(tree / "left.log", "x")
    write(tree / "cache/x", "x")
    write(tree / "src/new.py", "x")


def hook(tree: Path) -> None:
    write(tree / ".git/hooks/post-checkout", "#!/bin/sh\ntouch hooked\n").chmod(0o755)
    write(tree / ".git/info/attributes", "*.py filter=evil\n")
    write(tree / ".git/info/exclude", "*\n")
    git(tree, "config", "filter.evil.smudge", "sed s/one/two/")
    git(tree, "config", "core.worktree", str(tree.parent))
    (tree / "src/a.py").unlink()


def nested_repository(tree: Path) -> None:
    git(tree, "init", "--quiet", "src/nested")
    git(tree, "init", "--quiet", "src")
    write(tree / "src/nested/x", "x")


def hard_link(tree: Path) -> None:
    os.link(tree / "src/a.py", outside(tree))


def link_for_folder(tree: Path) -> None:
    (tree / "src").symlink_to((tree / "src").rename(outside(tree)))


def link_for_file(tree: Path) -> None:
    (tree / "src/a.py").symlink_to((tree / "src/a.py").rename(outside(tree)))


def pipe_for_file(tree: Path) -> None:
    (tree / "src/a.py").unlink()
    os.mkfifo(tree / "src/a.py")


def socket_for_file(tree: Path) -> None:
    (tree / "run.sh").unlink()
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(tree)  # the path of a socket is short
        one.bind("run.sh")
        os.chdir(here)


def folder_for_file(tree: Path) -> None:
    (tree / "run.sh").unlink()
    write(tree / "run.sh/x", "x")


def file_for_folder(tree: Path) -> None:
    (tree / "src").rename(outside(tree))
    write(tree / "src", "x")


def modes(tree: Path) -> None:
    (tree / "run.sh").chmod(0o644)
    (tree / "src/a.py").chmod(0o4777)
    (tree / "src/deep/b.py").chmod(0)
    write(tree / "locked/x", "x").chmod(0)
    (tree / "locked").chmod(0)
    (tree / "src").chmod(0)


def top_mode(tree: Path) -> None:
    tree.chmod(0o500)


def deep_folders(tree: Path) -> None:
    assert run("mkdir", "-p", "d/" * 1200, cwd=tree).returncode == 0


def no_repository(tree: Path) -> None:
    (tree / ".git").rename(outside(tree))


def no_folder(tree: Path) -> None:
    tree.symlink_to(tree.rename(outside(tree)))


def time_to_come(tree: Path) -> None:
    os.utime(tree / "src/a.py", (4_000_000_000, 4_000_000_000))


def time_gone_by(tree: Path) -> None:
    os.utime(tree / "src/a.py", (1_000_000_000, 1_000_000_000))


def stale_lock(tree: Path) -> None:
    write(tree / ".git/index.lock", "")
    (tree / "README.md").unlink()


CHANGING: list[Callable[[Path], None]] = [
    *(same_size_and_time, hidden_from_git, line_ends, link_for_folder, link_for_file, pipe_for_file, socket_for_file),
    *(folder_for_file, file_for_folder, modes, stale_lock, no_folder, hook),
]
TRICKS = [
    *CHANGING,
    *(
        committed,
        ignored_files,
        nested_repository,
        hard_link,
        top_mode,
        deep_folders,
        no_repository,
        time_to_come,
        time_gone_by,
    ),
]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda one: one.__name__)
def test_everything_is_as_in_a_new_clone(trick: Callable[[Path], None], pool: Pool) -> None:
    with pool.hold() as checkout:
        new, tree = listing(checkout.folder), Path(checkout.folder)
        trick(tree)
        changes = checkout.changes()
        assert bool(changes) == (trick in CHANGING or trick in (committed, no_repository)), changes
        assert (changes[:1] == ["HEAD"]) == (trick in (committed, no_repository)), changes
        checkout.renew()
        assert listing(checkout.folder) == new
        assert checkout.changes() == []
        trick(tree)
    with pool.hold() as checkout:
        assert checkout.folder == str(tree), "the same slot"
        assert listing(checkout.folder) == new
        assert checkout.changes() == []
        assert git(tree, "status", "--porcelain", "--ignored") == ""
        assert 1_000_000_000 < os.stat(tree / "src/a.py").st_mtime < 4_000_000_000
        assert not (tree / ".git/hooks").exists()
    assert git(pool.root, "for-each-ref", "refs/atlas") == ""


def test_another_commit_in_a_used_slot(pool: Pool) -> None:
    first = git(pool.root, "rev-parse", "HEAD")
    with pool.hold() as checkout:
        old = listing(checkout.folder)
    git(pool.root, "rm", "-q", "-r", "src/deep", "link")
    write(pool.root / "src/a.py", "other\n")
    write(pool.root / "link/file", "no link any more\n")
    write(pool.root / ".gitattributes", "* text=auto\n*.py eol=crlf\n")
    second = commit_all(pool.root)
    with pool.hold(second) as checkout:
        assert Path(checkout.folder, "src/a.py").read_bytes() == b"other\r\n"
        assert Path(checkout.folder, "link/file").is_file()
        assert not Path(checkout.folder, "src/deep").exists()
        assert checkout.changes() == []
    with pool.hold(first) as checkout:
        assert listing(checkout.folder) == old


def test_two_holders_have_two_slots_and_a_claim_comes_first(pool: Pool) -> None:
    claims: list[tuple[str, bool]] = []
    with pool.hold() as one, pool.hold() as two:
        assert one.slot != two.slot
        assert one.mark != two.mark
        assert len(git(pool.root, "for-each-ref", "refs/atlas/proofs").splitlines()) == 2
        left = write(Path(two.folder, "left"), "x")
    head = git(pool.root, "rev-parse", "HEAD")
    with one_more(pool, head, lambda mark: claims.append((mark, left.exists()))):
        pass
    with pool.hold(), one_more(pool, head, lambda mark: claims.append((mark, left.exists()))):
        assert claims == [(one.mark, True), (two.mark, True)]
        assert not left.exists()


def one_more(pool: Pool, head: str, on_claim: Callable[[str], None]):  # type: ignore[no-untyped-def]
    return checkout_pool.hold_checkout(str(pool.root), head, str(pool.folder), on_claim=on_claim)


HOLDER = """
import sys
sys.path.insert(0, sys.argv[1])
from atlas.adapters.git.checkout_pool import hold_checkout
with hold_checkout(*sys.argv[2:5]) as checkout:
    print(checkout.folder, *checkout.set_aside, sep="\\n")
    print(checkout.changes())
"""


def holder(pool: Pool) -> list[str]:
    head = git(pool.root, "rev-parse", "HEAD")
    return [sys.executable, "-c", HOLDER, str(SCRIPTS), str(pool.root), head, str(pool.folder)]


def test_a_mounted_folder_is_left_alone_and_set_aside(pool: Pool, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    precious = write(tmp_path / "precious/file", "precious\n")
    with pool.hold() as checkout:
        mount = Path(checkout.folder, "mounted")
        mount.mkdir()
    script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
    done = run("unshare", "--mount", "sh", "-c", script, "sh", precious.parent, mount, *holder(pool))
    assert done.returncode == 0, done.stderr
    folder, aside, changes = done.stdout.splitlines()
    assert changes == "[]"
    assert str(mount) in aside
    assert aside.endswith(f"it lies in {checkout.slot}-aside-1")
    assert folder == checkout.folder
    assert precious.read_text() == "precious\n"


@pytest.mark.parametrize("is_used", [False, True], ids=["new", "used"])
def test_killed_at_any_call_of_git(is_used: bool, pool: Pool, tmp_path: Path) -> None:
    with pool.hold() as checkout:
        good = listing(checkout.folder)
    count = write(tmp_path / "count", "0")
    real = Path(git(pool.root, "--exec-path"), "git")
    write(tmp_path / "bin/git", KILLING_GIT.format(count=count, real=real)).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"

    def strike(number: int, moment: str) -> int:
        count.write_text("0")
        return run(*holder(pool), env={"PATH": path, "STRIKE": str(number), "MOMENT": moment}).returncode

    assert strike(0, "") == 0
    for number in range(1, int(count.read_text()), PACE):
        if is_used:
            write(Path(checkout.folder, "src/a.py"), "other\n")
        else:
            run("rm", "-rf", checkout.slot)
        assert strike(number, ("before", "after")[number % 2]) == -signal.SIGKILL
        with pool.hold() as again:
            assert again.folder == checkout.folder
            assert listing(again.folder) == good
            assert again.changes() == []
    assert git(pool.root, "for-each-ref", "refs/atlas") == ""


def test_where_the_pool_is(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pool() -> Path:
        return Path(checkout_pool.pool_folder(str(repo / ".git"), str(repo)))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert pool().parent == tmp_path / "cache/atlas/proofs"
    assert pool().name.startswith(f"{repo.name}-")
    assert pool().name != Path(checkout_pool.pool_folder(str(tmp_path / "x/.git"), str(repo))).name
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert pool().parent == Path.home() / ".cache/atlas/proofs"
    monkeypatch.setenv("XDG_CACHE_HOME", str(repo / "cache"))
    assert repo not in pool().parents
    assert pool().parents[2].stat().st_mode & 0o777 == 0o700
    pool().parents[2].chmod(0o755)
    with pytest.raises(AtlasError, match="not a private folder"):
        pool()
    Path(tempfile.gettempdir(), f"atlas-{os.geteuid()}").rmdir()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "nowhere")
    with pytest.raises(AtlasError, match="no home directory"):
        pool()
