"""What an earlier check may have left in the clones of a pool, so that a later one would pass by it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from atlas.adapters.git.checkout_pool import pool_folder
from tests.kit.orchestrations import project_of


def clones(root: Path) -> Iterator[Path]:
    """The work trees of the pool of a repository."""
    project = project_of(root)
    for slot in Path(pool_folder(project.common, project.root)).glob("*"):
        if (slot / root.name).is_dir():
            yield slot / root.name


def _leave_files(clone: Path) -> None:
    for name in ("alpha", "beta", "gamma", "delta"):
        (clone / "src" / f"{name}.txt").unlink(missing_ok=True)
        (clone / "src" / f"{name}.txt").write_text("done\n", "utf-8")
    (clone / ".git" / "info").mkdir(exist_ok=True)
    (clone / ".git" / "info" / "exclude").write_text("*\n", "utf-8")


def _edit_alike(clone: Path) -> None:
    """An edit of the same size at the same time, hidden from git by what git knows of the file."""
    for path in (clone / "src").rglob("*"):
        if path.is_file():
            about = path.stat()
            path.chmod(0o644)
            path.write_bytes((b"done\n" * 40)[: about.st_size])
            os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    subprocess.run(["git", "config", "core.trustctime", "false"], cwd=clone, capture_output=True, check=False)


def _change_modes(clone: Path) -> None:
    for path in (clone / "src").rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o755)
    (clone / "tests" / "run.sh").chmod(0)


def _nest(clone: Path) -> None:
    inner = clone / "src" / "inner"
    subprocess.run(["git", "init", "--quiet", inner], capture_output=True, check=False)
    (inner / "x").write_text("done\n", "utf-8")
    (clone / "tests" / "run.sh").unlink(missing_ok=True)
    subprocess.run(["git", "init", "--quiet", clone / "tests" / "run.sh"], capture_output=True, check=False)


def _hook(clone: Path) -> None:
    hooks = clone / ".git" / "hooks"
    hooks.mkdir(parents=True, exist_ok=True)
    for name in ("post-checkout", "post-index-change"):
        (hooks / name).write_text("#!/bin/sh\nfor n in alpha beta gamma; do echo done >src/$n.txt; done\n", "utf-8")
        (hooks / name).chmod(0o755)


def _configure(clone: Path) -> None:
    for name, value in {"filter.done.smudge": "echo done", "core.worktree": "/tmp", "core.bare": "true"}.items():
        subprocess.run(["git", "config", name, value], cwd=clone, capture_output=True, check=False)
    (clone / ".git" / "info").mkdir(exist_ok=True)
    (clone / ".git" / "info" / "attributes").write_text("* filter=done\n", "utf-8")


def _link_hard(clone: Path) -> None:
    """A file that is another one, too, so that writing to it would change that."""
    path, other = clone / "src" / "names" / "one", clone.parent / "other"
    other.unlink(missing_ok=True)
    other.write_text("done\n", "utf-8")
    path.unlink(missing_ok=True)
    os.link(other, path)


def _link_out(clone: Path) -> None:
    """A folder that is a link to elsewhere."""
    outside = clone.parent / "outside"
    if (clone / "src").is_dir() and not (clone / "src").is_symlink():
        outside.parent.mkdir(exist_ok=True)
        os.rename(clone / "src", outside) if not outside.exists() else None
        if not (clone / "src").exists():
            os.symlink(outside, clone / "src")


def _link_whole(clone: Path) -> None:
    """The clone itself is a link to a folder in which everything is done."""
    outside = clone.parent / "all of it"
    if not clone.is_symlink() and not outside.exists():
        os.rename(clone, outside)
        for name in ("alpha", "beta", "gamma", "delta"):
            (outside / "src" / f"{name}.txt").unlink(missing_ok=True)
            (outside / "src" / f"{name}.txt").write_text("done\n", "utf-8")
        os.symlink(outside, clone)


def _spoil_beside(clone: Path) -> None:
    """Whatever lies beside the clone in its slot is taken for git's, and says that nothing differs."""
    _leave_files(clone)
    for folder in [path for path in clone.parent.iterdir() if path.is_dir() and path != clone]:
        git = ["git", f"--git-dir={folder}", f"--work-tree={clone}"]
        for words in (
            ["config", "core.trustctime", "false"],
            ["config", "core.fsmonitor", "echo"],
            ["config", "core.hooksPath", str(folder)],
            ["add", "--force", "--all"],
            ["ls-files"],
        ):
            said = subprocess.run([*git, *words], cwd=clone, capture_output=True, text=True, check=False).stdout
        update = [*git, "update-index", "--assume-unchanged", *said.splitlines()]
        subprocess.run(update, cwd=clone, capture_output=True, check=False)
        _hook(folder)


def _break_git(clone: Path) -> None:
    (clone / ".git" / "HEAD").write_text("ref: refs/heads/nowhere\n", "utf-8")
    (clone / ".git" / "index").write_bytes(b"DIRC")
    (clone / ".git" / "index.lock").touch()


VANDALISM: dict[str, Callable[[Path], None]] = {
    "left files": _leave_files,
    "edits alike": _edit_alike,
    "modes": _change_modes,
    "nested repositories": _nest,
    "hooks": _hook,
    "settings and attributes": _configure,
    "a hard link": _link_hard,
    "a link to elsewhere": _link_out,
    "a broken git folder": _break_git,
    "the clone is a link": _link_whole,
    "what lies beside": _spoil_beside,
}
