"""Where things are: the project root, the tables people read, and what must survive.

The root is the main worktree of the repository, also when asked from a linked worktree or a subfolder. It is
found by reading git's own files, because starting git costs more than everything a hook does.
"""

from __future__ import annotations

import os

from .errors import AtlasError

PLAN_FILE = "orchestrator-plan-phase.local.md"
EXEC_FILE = "orchestrator-exec-phase.local.md"
WORKTREES = os.path.join(".claude", "worktrees")
"""Where workspaces lie: of all in `.claude`, only there does the client let anybody edit."""
_LONGEST = 400


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
        """The plan's file."""
        return os.path.join(self.claude, PLAN_FILE)

    @property
    def history(self) -> str:
        """The history's file, in git's common directory."""
        return os.path.join(self.private, "history.jsonl")

    @property
    def checkpoint(self) -> str:
        """The checkpoint's file; its public name is `gate.json`."""
        return os.path.join(self.private, "gate.json")

    @property
    def spool(self) -> str:
        """The folder of the sessions' spools."""
        return os.path.join(self.private, "spool")

    @property
    def aside(self) -> str:
        """The folder where ATLAS keeps what it could not explain."""
        return os.path.join(self.private, "aside")


def find_project(start: str) -> Project:
    """The project that the folder `start` belongs to.

    Raises AtlasError when there is no git repository with a work tree around it, or when it is the home directory.
    """
    here = os.path.realpath(start)
    top = _nearest_git(here)
    if top is None:
        raise _no_project(here)
    common = _git_common_dir(os.path.join(top, ".git"))
    root = _main_worktree(top, common)
    if root == os.path.realpath(os.path.expanduser("~")):
        raise AtlasError(f"{root} is your home directory: ATLAS works in a project's own repository only")
    claude = os.path.join(root, ".claude")
    if os.path.islink(claude) and not contains_path(root, os.path.realpath(claude)):
        raise AtlasError(f"{claude} is a link that leaves the project: make it a folder")
    return Project(root, common)


def contains_path(folder: str, path: str) -> bool:
    """Whether the resolved `path` is the resolved `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def own_path(path: str, what: str) -> str:
    """A path that people or models gave, in its simplest form, relative to the project's root; it need not exist.

    Raises AtlasError, naming `what` it is for, unless it is of the project's own: neither outside nor git's or ATLAS's.
    """
    inner = os.path.normpath(path)
    shown = f"{what}: {path[:80]!r}"
    if not path.isprintable() or not path.strip() or len(path) > _LONGEST:
        raise AtlasError(f"{shown} is no path: give one without control characters, at most {_LONGEST} long")
    if os.path.isabs(path) or inner.split(os.sep)[0] in (os.pardir, os.curdir):
        raise AtlasError(f"{shown} is not within the project: give a path relative to the project's folder")
    if any(part.casefold() == ".git" for part in inner.split(os.sep)) or inner.split(os.sep)[0].casefold() == ".claude":
        raise AtlasError(f"{shown} belongs to git or to the client: leave it out")
    return inner


def inner_path(root: str, path: str, what: str) -> str:
    """A path as `own_path` gives it, of something that is there.

    Raises AtlasError, naming `what` it is for, unless something is there, in the project and neither git's nor ATLAS's.
    """
    inner = own_path(path, what)
    shown = f"{what}: {path[:80]!r}"
    if not os.path.exists(os.path.join(root, inner)):
        raise AtlasError(f"{shown} does not exist in {root}")
    if not contains_path(root, os.path.realpath(os.path.join(root, inner))):
        raise AtlasError(f"{shown} leads out of the project by a link")
    return inner


def workspace_around(root: str, folder: str) -> str | None:
    """The path, relative to `root`, of the workspace that a folder would lie in, whether or not there is one."""
    inner = os.path.relpath(os.path.realpath(folder), root).split(os.sep)
    return os.path.join(*inner[:3]) if len(inner) > 2 and os.path.join(*inner[:2]) == WORKTREES else None


def _no_project(folder: str) -> AtlasError:
    bare = folder
    while bare != os.path.dirname(bare):
        if all(os.path.exists(os.path.join(bare, name)) for name in ("HEAD", "objects", "refs")):
            return AtlasError(f"{bare} is a bare repository: run ATLAS in an ordinary clone of it")
        bare = os.path.dirname(bare)
    return AtlasError(f"{folder} is not in a git repository: run `git init` there first, ATLAS keeps its history in it")


def _nearest_git(folder: str) -> str | None:
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _git_common_dir(dot_git: str) -> str:
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
    if os.path.isdir(os.path.join(top, ".git")) or not _is_linked_worktree(top):
        return top
    if os.path.basename(common) == ".git":
        return os.path.dirname(common)
    raise AtlasError(f"{common} has no main worktree (a bare repository?): run ATLAS in an ordinary clone of it")


def _is_linked_worktree(top: str) -> bool:
    named = _one_line(os.path.join(top, ".git")).removeprefix("gitdir:").strip()
    return os.path.exists(os.path.join(top, named, "commondir"))


def _one_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().strip()
    except OSError as error:
        raise AtlasError(f"cannot read {path}: {error.strerror}") from error
