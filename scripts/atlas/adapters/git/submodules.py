"""Which submodules of a commit a clone can fill, and from where."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from atlas.core.errors import AtlasError

from . import git
from .source import Source
from .worktree import git_folder


class Places(NamedTuple):
    """Where submodules' repositories are kept: below git's folder of the repository, and of the worker's worktree.

    `tree` is the work tree of the former.
    """

    main: str
    workspace: str | None
    tree: str | None

    def inside(self, name: str, path: str) -> Places:
        """The same for the submodules of a submodule."""
        own = os.path.join(self.workspace, "modules", name) if self.workspace else None
        tree = os.path.join(self.tree, path) if self.tree else None
        return Places(os.path.join(self.main, "modules", name), own, tree)


class Submodule(NamedTuple):
    """A submodule that can be filled."""

    name: str
    url: str
    commit: str
    source: Source
    places: Places


def find_submodules(config: Callable[[], str], commits: Mapping[str, str], places: Places) -> dict[str, Submodule]:
    """Those of a commit's submodules (`commits`: path and commit) that somebody filled, by their path.

    `config` returns what `git config --list -z` says of `.gitmodules`. Raises AtlasError that names the submodule whose
    commit is nowhere, or in the worker's worktree only.
    """
    if not commits:
        return {}
    known = _read_modules(config())
    found = {}
    for path, commit in commits.items():
        name, url = known.get(path, ("", ""))
        inner = places.inside(name, path)
        source = _find_source(path, commit, inner) if name else None
        if source is not None:
            found[path] = Submodule(name, url, commit, source, inner)
    return found


def _read_modules(listed: str) -> dict[str, tuple[str, str]]:
    """Name and address of each submodule by its path."""
    values: dict[str, dict[str, str]] = {}
    for entry in listed.split("\0"):
        key, _, value = entry.partition("\n")
        kind, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if kind == "submodule" and name:
            values.setdefault(name, {})[variable] = value
    return {one["path"]: (_checked(name), one.get("url", "")) for name, one in values.items() if "path" in one}


def _checked(name: str) -> str:
    """A submodule's name, which becomes a part of a path. Raises AtlasError when it could lead elsewhere."""
    parts = name.replace("\\", "/").split("/")
    if any(part in ("", ".", "..", ".git") for part in parts):
        raise AtlasError(f".gitmodules has a submodule with the name {name!r}, which leads out of its folder")
    return name


def _find_source(path: str, commit: str, places: Places) -> Source | None:
    """The repository that has the submodule's commit; None when nobody filled the submodule."""
    main, own = _source_at(places.main), _source_at(places.workspace)
    if main is not None and main.has_commit(commit):
        return main
    if own is not None and own.has_published(commit):
        return own
    if places.tree and os.path.isdir(os.path.join(places.tree, ".git")):
        raise AtlasError(f"the submodule {path} keeps its repository in its folder: run git submodule absorbgitdirs")
    if main is None and own is None:
        return None
    if own is not None and own.has_commit(commit):
        raise AtlasError(f"the commit {commit[:12]} of the submodule {path} is in the workspace only: push it first")
    raise AtlasError(f"the commit {commit[:12]} of the submodule {path} is missing: run git submodule update there")


def _source_at(git_folder: str | None) -> Source | None:
    return Source(git_folder) if git_folder and os.path.isfile(os.path.join(git_folder, "HEAD")) else None


def lost_commits(common: str, tree: str) -> list[str]:
    """The submodules of a worktree whose commit, as its index says, only that worktree has, as `PATH (COMMIT)`.

    They are neither on a remote nor in the copy of the repository with the common folder `common`.
    """
    lines = git.run_git(tree, "ls-files", "--stage", "-z").split("\0")
    linked = {line.partition("\t")[2]: line.split(" ")[1] for line in lines if line.startswith("160000 ")}
    if not linked:
        return []
    listed = git.run_git(tree, "config", "-z", "--blob=HEAD:.gitmodules", "--list", codes=range(256))
    known, places = _read_modules(listed), Places(common, git_folder(tree), None)
    found = []
    for path, commit in linked.items():
        inner = places.inside(known.get(path, (path, ""))[0], path)
        # A repository that was cloned there by other means than git's own for submodules is still in its folder.
        main, own = _source_at(inner.main), _source_at(os.path.join(tree, path, ".git")) or _source_at(inner.workspace)
        if own is None or inner.main == inner.workspace or (main is not None and main.has_commit(commit)):
            continue
        if not own.has_published(commit):
            found.append(f"{path} ({commit[:12]})")
    return found
