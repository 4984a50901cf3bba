"""Filling the submodules of a proof's clone from the repository's own copies of them: nothing is fetched."""

from __future__ import annotations

import os

from atlas.core.errors import AtlasError

from . import clone, git, refs, worktree
from .clone import Source

_DEEPEST = 8


def fill_submodules(
    source: Source, tree: str, commit: str, modules: dict[str, str], workspace: str | None, depth: int = 0
) -> None:
    """Check out the submodules `modules` (commits by path) of the commit that is checked out in `tree`, recursively.

    One that the repository never filled stays empty, as in a plain clone. A commit that only the worktree `workspace`
    has must be on a remote. Raises AtlasError, naming the submodule, when a commit is nowhere else.
    """
    names = _module_names(tree, commit)
    own = worktree.git_folder(workspace) if workspace else None
    for path, wanted in modules.items():
        name = names.get(path)
        if name is not None and depth < _DEEPEST:
            _fill_one(source, tree, path, name, wanted, own, depth)


def _module_names(tree: str, commit: str) -> dict[str, str]:
    """The names of submodules by their paths, as `.gitmodules` says."""
    words = ("config", "-z", f"--blob={commit}:.gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    found = {}
    for entry in git.run_git(tree, *words, codes=range(256)).split("\0"):
        key, _, path = entry.partition("\n")
        name = key.removeprefix("submodule.").removesuffix(".path")
        if path and name and ".." not in name.split("/") and not os.path.isabs(name):
            found[path] = name
    return found


def _fill_one(source: Source, tree: str, path: str, name: str, wanted: str, own: str | None, depth: int) -> None:
    kept = os.path.join(source.common, "modules", name)
    theirs = os.path.join(own, "modules", name) if own else None
    places = [place for place in (kept, theirs) if place and os.path.isdir(os.path.join(place, "objects"))]
    if not places:
        return
    if not any(_has_commit(place, wanted) for place in places):
        raise AtlasError(
            f"the project's own copy of the submodule {path} lacks {wanted[:12]}: fetch it there, "
            f"e.g. git -C {source.root} submodule update --init {path}"
        )
    inside = os.path.join(tree, path)
    os.makedirs(inside, exist_ok=True)
    module = Source(places[0])
    folder = os.path.join(worktree.git_folder(tree), "modules", name)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    clone.make_git_folder(module, inside, wanted, folder, [os.path.join(place, "objects") for place in places[1:]])
    clone.check_out(inside)
    git.run_git(tree, "config", f"submodule.{name}.active", "true")
    url = git.run_git(places[0], "config", "--get", "remote.origin.url", codes=(0, 1))
    if url:
        git.run_git(tree, "config", f"submodule.{name}.url", url)
    nested = _gitlinks(inside)
    if nested:
        fill_submodules(module, inside, wanted, nested, None, depth + 1)


def _gitlinks(tree: str) -> dict[str, str]:
    lines = git.run_git(tree, "ls-files", "--stage", "-z").split("\0")
    return {line.partition("\t")[2]: line.split(" ")[1] for line in lines if line.startswith("160000 ")}


def lost_commits(source: Source, tree: str) -> list[str]:
    """The submodules of a worktree whose commit, as its index says, only that worktree has, as `PATH (COMMIT)`.

    They are neither in the repository's own copy nor on a remote.
    """
    linked = _gitlinks(tree)
    names, own = (_module_names(tree, "HEAD"), worktree.git_folder(tree)) if linked else ({}, "")
    found = []
    for path, commit in linked.items():
        name = names.get(path, path)
        kept, theirs = (os.path.join(place, "modules", name) for place in (source.common, own))
        inside = os.path.join(tree, path)
        # One that was cloned there, and not by git's own means, keeps its history in itself.
        there = inside if os.path.isdir(os.path.join(inside, ".git")) else theirs
        if os.path.isdir(there) and there != kept and not (os.path.isdir(kept) and _has_commit(kept, commit)):
            found += [] if _is_published(there, commit) else [f"{path} ({commit[:12]})"]
    return found


def _has_commit(folder: str, commit: str) -> bool:
    return refs.find_commit(folder, commit) is not None


def _is_published(folder: str, commit: str) -> bool:
    """Whether a remote-tracking branch has the commit."""
    if not _has_commit(folder, commit):
        return False
    return not git.run_git(folder, "rev-list", "--max-count=1", commit, "--not", "--remotes")
