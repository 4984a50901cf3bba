"""Commits: making one of all that a worktree holds, and reading them as they are stored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from atlas.core.errors import AtlasError

from . import git, refs, snapshots
from .losses import nested_repositories
from .worktree import UNHOOKED


def commit_all(tree: str, branch: str, author: str, title: str) -> str:
    """Commit all that a worktree holds to its branch, as this author; returns the commit that has everything then.

    No hook runs and nothing is signed. What somebody checked out beside the branch is put into the history, too. It may
    run again: what is committed stays as it is. Repositories of their own that lie in the worktree are left out.
    """
    whole = snapshots.tree_of_worktree(tree, left_out=nested_repositories(tree))
    head = refs.head_commit(tree)
    if whole != git.run_git(tree, "rev-parse", f"{head}^{{tree}}"):
        head = _commit_tree(tree, whole, [head], author, title)
    tip = refs.find_commit(tree, f"refs/heads/{branch}")
    if tip is None or refs.contains_commit(tree, head, tip):
        kept = head
    elif refs.contains_commit(tree, tip, head):
        kept = tip
    else:
        aside = f"{title} (with what was checked out beside the branch: {head})"
        kept = _commit_tree(tree, f"{tip}^{{tree}}", [tip, head], author, aside)
    if kept != tip:
        git.run_git(tree, *UNHOOKED, "update-ref", "-m", "atlas", f"refs/heads/{branch}", kept, tip or "")
    if refs.current_branch(tree) == branch:
        with contextlib.suppress(AtlasError):  # a lock that a killed git left: the work is committed all the same
            git.run_git(tree, *UNHOOKED, "reset", "--quiet")
    return kept


def _commit_tree(tree: str, content: str, parents: Sequence[str], author: str, title: str) -> str:
    identity = {name: value for name, value in snapshots.AS_ATLAS.items() if not name.endswith("DATE")}
    words = [word for parent in parents for word in ("-p", parent)]
    author_name = {"GIT_AUTHOR_NAME": author}
    return git.run_git(tree, "commit-tree", content, *words, "-m", title, env={**identity, **author_name})


class Commit(NamedTuple):
    """A commit: its name, its tree, its parents, and its message byte for byte."""

    name: str
    tree: str
    parents: list[str]
    message: str


def commits_with(folder: str, start: Sequence[str], line: str) -> Iterator[Commit]:
    """The commits in the history of `start` whose message has a line that begins with `line`, newest first."""
    words = ("rev-list", f"--grep=^{line}", "--basic-regexp", *start, "--")
    for name in git.run_git(folder, *words).splitlines():
        yield read_commit(folder, name)


def read_commit(folder: str, name: str) -> Commit:
    """One commit."""
    head, _, message = git.run_git(folder, "cat-file", "commit", name).partition("\n\n")
    fields = [field.partition(" ")[::2] for field in head.split("\n")]
    tree = next(value for key, value in fields if key == "tree")
    return Commit(name, tree, [value for key, value in fields if key == "parent"], message)
