"""Where things are: the project root, the tables people read, and what must survive.

The root is the main worktree of the repository, also when asked from a linked worktree or a subfolder. It is
found by reading git's own files, because starting git costs more than everything a hook does.
"""

from __future__ import annotations

import os

from .errors import AtlasError

PLAN_FILE = "orchestrator-plan-phase.local.md"
EXEC_FILE = "orchestrator-exec-phase.local.md"


class Project:
    """A project's places, as absolute paths: `root`, its `.claude` folder, and `private` in git's common directory."""

    __slots__ = ("claude", "common", "private", "root")

    def __init__(self, root: str, common: str) -> None:
        self.root = root
        self.common = common
        self.claude = os.path.join(root, ".claude")
        self.private = os.path.join(common, "atlas")

    @property
    def plan(self) -> str:
        return os.path.join(self.claude, PLAN_FILE)

    @property
    def history(self) -> str:
        return os.path.join(self.private, "history.jsonl")

    @property
    def gate(self) -> str:
        return os.path.join(self.private, "gate.json")

    @property
    def spool(self) -> str:
        return os.path.join(self.private, "spool")

    @property
    def aside(self) -> str:
        return os.path.join(self.private, "aside")


def find_project(start: str) -> Project:
    """The project that the folder `start` belongs to.

    Raises AtlasError when there is no git repository with a work tree around it, or when it is the home directory.
    """
    here = os.path.realpath(start)
    top = _nearest_git(here)
    if top is None:
        raise AtlasError(
            f"{here} is not in a git repository: run `git init` there first, ATLAS keeps its history in it"
        )
    common = _common_dir(os.path.join(top, ".git"))
    root = _main_worktree(top, common)
    if root == os.path.realpath(os.path.expanduser("~")):
        raise AtlasError(f"{root} is your home directory: ATLAS works in a project's own repository only")
    claude = os.path.join(root, ".claude")
    if os.path.islink(claude) and not contains(root, os.path.realpath(claude)):
        raise AtlasError(f"{claude} is a link that leaves the project: make it a folder")
    return Project(root, common)


def contains(folder: str, path: str) -> bool:
    """Whether the resolved `path` is the resolved `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _nearest_git(folder: str) -> str | None:
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _common_dir(dot_git: str) -> str:
    """Git's common directory behind a `.git` folder, or behind the file that a linked worktree or submodule has."""
    if os.path.isdir(dot_git):
        return os.path.realpath(dot_git)
    named = _one_line(dot_git).removeprefix("gitdir:").strip()
    git_dir = os.path.realpath(os.path.join(os.path.dirname(dot_git), named))
    shared = os.path.join(git_dir, "commondir")
    if not os.path.exists(shared):
        return git_dir
    return os.path.realpath(os.path.join(git_dir, _one_line(shared)))


def _main_worktree(top: str, common: str) -> str:
    if os.path.isdir(os.path.join(top, ".git")) or not _is_linked(top):
        return top
    if os.path.basename(common) == ".git":
        return os.path.dirname(common)
    raise AtlasError(f"{common} has no main worktree (a bare repository?): run ATLAS in an ordinary clone of it")


def _is_linked(top: str) -> bool:
    named = _one_line(os.path.join(top, ".git")).removeprefix("gitdir:").strip()
    return os.path.exists(os.path.join(top, named, "commondir"))


def _one_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().strip()
    except OSError as error:
        raise AtlasError(f"cannot read {path}: {error.strerror}") from error
