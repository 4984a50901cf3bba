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


def commit_only_here(root_modules: str, tree: str) -> tuple[str, str] | None:
    """The path and the commit of a submodule of HEAD whose commit just the worktree `tree` has, if there is such a one.

    `root_modules` is the folder in which the main repository keeps the git folders of its submodules.
    """
    lines = [line for line in git.run_git(tree, "ls-tree", "-r", "-z", "HEAD").split("\0") if " commit " in line[:14]]
    names = _module_names(tree, "HEAD") if lines else {}
    for line in lines:
        about, _, path = line.partition("\t")
        wanted, name = about.split(" ")[2], names.get(path)
        kept = os.path.join(root_modules, name) if name else None
        if kept and os.path.isdir(os.path.join(kept, "objects")) and _has_commit(kept, wanted):
            continue
        own = [os.path.join(tree, path)] if os.path.exists(os.path.join(tree, path, ".git")) else []
        if name:
            own += [os.path.join(worktree.git_folder(tree), "modules", name)]
        there = [place for place in own if os.path.isdir(place) and _has_commit(place, wanted)]
        if there and not any(_is_published(place, wanted) for place in there):
            return path, wanted
    return None


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
    has_it = os.path.isdir(kept) and _has_commit(kept, wanted)
    if not has_it and not (theirs in places and theirs is not None and _is_published(theirs, wanted)):
        raise AtlasError(
            f"the commit {wanted[:12]} of the submodule {path} is on no remote, and the project's own copy lacks it: "
            "push it, or fetch it in the project's submodule"
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


def _has_commit(folder: str, commit: str) -> bool:
    return refs.find_commit(folder, commit) is not None


def _is_published(folder: str, commit: str) -> bool:
    """Whether a remote-tracking branch has the commit."""
    if not _has_commit(folder, commit):
        return False
    return not git.run_git(folder, "rev-list", "--max-count=1", commit, "--not", "--remotes")
