"""A fresh clone of one commit, by alternates: a git folder of its own that borrows the objects of another repository.

Nothing of the other repository but objects, tags and the ends of a shallow history gets into it: no configuration,
hooks, attributes, replace refs, grafts or sparse patterns. Of configuration only the person's own counts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence

from atlas.core.errors import AtlasError

from . import git
from .worktree import CHECKOUT_SECONDS

_QUIET = ("-c", "advice.detachedHead=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false")
_IDENTITY = ("user.name", "user.email", "lfs.storage")
_RAW = "* -text -filter -ident -working-tree-encoding\n"
"""Attributes under which git compares files with blobs byte for byte."""


class Source:
    """A repository that clones are made of. `common` is its git folder, `objects` where it keeps objects.

    `identity` are the effective settings of who commits, `persons_config` is what the person and the machine say of how
    files are checked out, `own_filters` are the filters that only this repository has configured.
    """

    def __init__(self, root: str) -> None:
        """Raises AtlasError when `root` is in no repository."""
        said = git.run_git(root, "rev-parse", "--path-format=absolute", "--show-object-format", "--git-common-dir")
        self.root = root
        self.object_format, self.common = said.split("\n", 1)
        self.objects = os.path.join(self.common, "objects")
        self.identity: dict[str, str] = {}
        self.persons_config = ""
        filters: dict[bool, set[str]] = {True: set(), False: set()}
        for scope, name, value in _read_config(root):
            is_own = scope in ("local", "worktree")
            if name in _IDENTITY:
                self.identity[name] = value
            if name.startswith("filter."):
                filters[is_own].add(name.removeprefix("filter.").rpartition(".")[0])
            if not is_own and not name.startswith("user."):
                self.persons_config += f"{name}={value}\n"
        self.own_filters = filters[True] - filters[False]


def _read_config(root: str) -> Iterator[tuple[str, str, str]]:
    """Scope, name and value of every setting that has to do with clones; a later one has the last word."""
    words = ("config", "-z", "--show-scope", "--get-regexp", r"^(core|filter|user|lfs)\.")
    tokens = iter(git.run_git(root, *words, codes=(0, 1)).split("\0"))
    for scope in tokens:
        if scope:
            name, _, value = next(tokens).partition("\n")
            yield scope, name, value


def make_git_folder(
    source: Source, tree: str, commit: str, folder: str | None = None, also: Sequence[str] = ()
) -> None:
    """Make the git folder of a work tree, in which nothing is checked out yet: `.git`, or one that lies at `folder`.

    Objects are borrowed from the repository at `source`, and from the folders of objects `also`.
    """
    elsewhere = () if folder is None else (f"--separate-git-dir={folder}",)
    words = ("-c", "init.defaultBranch=main", "init", "--quiet", "--template=", *elsewhere)
    git.run_git(tree, *words, f"--object-format={source.object_format}")
    folder = folder or os.path.join(tree, ".git")
    os.makedirs(os.path.join(folder, "objects", "info"), exist_ok=True)
    borrowed = "".join(f"{_checked_path(path)}\n" for path in (source.objects, *also))
    _write(os.path.join(folder, "objects", "info", "alternates"), borrowed)
    shallow = os.path.join(source.common, "shallow")
    if os.path.exists(shallow):
        shutil.copyfile(shallow, os.path.join(folder, "shallow"))
    tags = git.run_git(source.root, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags")
    if tags:
        _write(os.path.join(folder, "packed-refs"), f"{tags}\n")
    _write(os.path.join(folder, "HEAD"), f"{commit}\n")
    with open(os.path.join(folder, "config"), "a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(_own_config(source.identity))


def _own_config(found: dict[str, str]) -> str:
    """What a clone's configuration says: who commits, and that no hook and no monitor of the person's runs."""
    lines = ["[core]", f"\thooksPath = {os.devnull}", "\tfsmonitor = false"]
    for name, value in found.items():
        section, _, key = name.partition(".")
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines += [f"[{section}]", f'\t{key} = "{text}"']
    return "\n".join(lines) + "\n"


def _checked_path(path: str) -> str:
    if "\n" in path:
        raise AtlasError(f"git cannot borrow objects from {path!r}: move the repository to a path without line breaks")
    return path


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def check_out(tree: str) -> None:
    """Bring everything that git tracks to the commit: files that the index does not know to be right are written."""
    words = ("checkout-index", "--quiet", "--force", "--all", "--index")
    git.run_git(tree, *_QUIET, *words, seconds=CHECKOUT_SECONDS)


def compare_raw(tree: str) -> None:
    """Give the clone an index in which just the files that equal their blobs, byte for byte, are known to be right."""
    attributes = os.path.join(tree, ".git", "info", "attributes")
    os.makedirs(os.path.dirname(attributes), exist_ok=True)
    _write(attributes, _RAW)
    try:
        read_index(tree)
        git.run_git(tree, *_QUIET, "update-index", "-q", "--refresh", codes=(0, 1), seconds=CHECKOUT_SECONDS)
    finally:
        os.unlink(attributes)


def tracked_changes(tree: str, commit: str, index: str) -> list[str]:
    """The tracked paths of a clone that differ from the commit; `HEAD` alone when that moved.

    `index` is a copy of the clone's index from before: what runs in the clone can make its own one hide changes.
    """
    own = f"--git-dir={os.path.join(tree, '.git')}"
    if git.run_git(tree, own, "rev-parse", "--verify", "--quiet", "HEAD", codes=range(256)) != commit:
        return ["HEAD"]
    words = ("diff-index", "--name-only", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "-z", commit)
    there = (own, f"--work-tree={tree}")
    said = git.run_git(tree, *_QUIET, *there, *words, env={"GIT_INDEX_FILE": index}, seconds=CHECKOUT_SECONDS)
    return [path for path in said.split("\0") if path]


def used_filters(tree: str) -> set[str]:
    """The filters that attributes in the index of a clone ask for."""
    paths = git.run_git(tree, *_QUIET, "ls-files", "-z")
    said = git.run_git(tree, *_QUIET, "check-attr", "--cached", "-z", "--stdin", "filter", stdin=paths)
    return set(said.split("\0")[2::3]) - {"unspecified", "unset", "set"}


def read_index(tree: str) -> None:
    """Fill the clone's index from its commit, with nothing known of the files."""
    git.run_git(tree, *_QUIET, "read-tree", "HEAD", seconds=CHECKOUT_SECONDS)
