"""Bringing finished work onto the integration branch, with nothing that is checked out touched.

What is to land is merged in memory first, so that its checks run on exactly the tree that the branch gets.
"""

from __future__ import annotations

from typing import NamedTuple

from atlas.adapters.git import git, merge, refs, snapshots
from atlas.core.errors import AtlasError

from .branch import BranchTip, make_branch, require_not_checked_out

SIGNING_SECONDS = 60.0
"""How long a signature may take: a program that waits for a password at a terminal would wait for ever."""


class Conflict(AtlasError):
    """The work cannot be merged into the integration branch as it is: `files` conflict."""

    def __init__(self, branch: str, files: list[str]) -> None:
        super().__init__(f"it conflicts with {branch} in {', '.join(files[:5])}")
        self.files = files


class Candidate(NamedTuple):
    """A commit that is to land on a branch at `tip`; `tree` is what both are together."""

    tip: BranchTip
    commit: str
    tree: str


def merge_candidate(root: str, tip: BranchTip, commit: str) -> Candidate:
    """Merge a commit with the integration branch, in memory. Raises Conflict, and AtlasError when git cannot."""
    if refs.contains_commit(root, tip.commit, commit):
        return Candidate(tip, commit, refs.tree_of(root, tip.commit))
    if refs.contains_commit(root, commit, tip.commit):
        return Candidate(tip, commit, refs.tree_of(root, commit))
    _require_merge_support(tip.branch, commit)
    tree, files = merge.merge_commits(root, tip.commit, commit)
    if files:
        raise Conflict(tip.branch, files)
    return Candidate(tip, commit, tree)


def make_merge(root: str, candidate: Candidate, message: str, signed: bool = False) -> str:
    """The merge commit of a candidate, on no branch yet. It is one even where the branch could simply move ahead.

    With `signed` it is signed where `commit.gpgsign` says so. Raises AtlasError when it cannot be.
    """
    # Given twice, git leaves a parent out with a word on stderr.
    parents = ["-p", candidate.tip.commit, "-p", candidate.commit]
    words = ("commit-tree", candidate.tree, *parents, "-F", "-")
    if not signed or git.run_git(root, "config", "--type=bool", "commit.gpgsign", codes=(0, 1)) != "true":
        return git.run_git(root, *words, stdin=message, env=_committer_identity(root))
    try:
        return git.run_git(
            root,
            *(*words, "-S"),
            stdin=message,
            env={**_committer_identity(root), "GPG_TTY": ""},
            seconds=SIGNING_SECONDS,
            apart=True,
        )
    except AtlasError as error:
        raise AtlasError(
            f"the merge commit could not be signed, so nothing landed ({error}): make the key usable without a "
            "terminal, or set commit.gpgsign to false"
        ) from error


def land_merge(root: str, tip: BranchTip, merged: str) -> None:
    """Move the integration branch from `tip` to a merge commit. Raises AtlasError when somebody moved it meanwhile."""
    make_branch(root, tip)
    require_not_checked_out(root, tip.branch)
    try:
        refs.move_branch(root, tip.branch, merged, tip.commit)
    except AtlasError as error:
        found = refs.find_commit(root, f"refs/heads/{tip.branch}")
        if found == tip.commit:
            raise  # nobody moved it: git has another reason
        at = found[:12] if found else "gone"
        raise AtlasError(f"{tip.branch} was moved while the checks ran, it is {at}: run this again") from error


def _require_merge_support(branch: str, commit: str) -> None:
    try:
        merge.require_merge_support()
    except AtlasError as error:
        raise AtlasError(
            f"git older than 2.38 cannot merge this: merge {commit[:12]} into {branch} yourself, then run this again"
        ) from error


def _committer_identity(root: str) -> dict[str, str]:
    """Nothing where git knows whose commits these are, else ATLAS itself."""
    try:
        for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            git.run_git(root, "var", role)
    except AtlasError:
        return {name: value for name, value in snapshots.AS_ATLAS.items() if not name.endswith("DATE")}
    return {}
