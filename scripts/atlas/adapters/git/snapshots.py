"""What is in a worktree now, as a tree or a commit of no branch: index and files stay as they are."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence

from . import git, refs, tree_status

AS_ATLAS = {
    "GIT_AUTHOR_NAME": "ATLAS",
    "GIT_AUTHOR_EMAIL": "atlas@localhost",
    "GIT_COMMITTER_NAME": "ATLAS",
    "GIT_COMMITTER_EMAIL": "atlas@localhost",
    "GIT_AUTHOR_DATE": "1970-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "1970-01-01T00:00:00Z",
}
"""One author and one date, so that equal work has one and the same commit."""


def snapshot_worktree(worktree: str, hidden: Sequence[str] = ()) -> str:
    """A commit of what is in the worktree now: HEAD itself, or one of no branch that holds the uncommitted work too.

    The worktree and its index stay as they are. `hidden` are files that git is told to overlook, put in nevertheless.
    """
    untouched = None if hidden else tree_status.clean_head(worktree)
    if untouched is not None:
        return untouched
    tree = tree_of_worktree(worktree, hidden)
    return git.run_git(
        worktree, "commit-tree", tree, "-p", refs.head_commit(worktree), "-m", "Work in progress", env=AS_ATLAS
    )


def tree_of_worktree(worktree: str, hidden: Sequence[str] = (), left_out: Sequence[str] = ()) -> str:
    """The tree of what is in the worktree now, with `hidden` files and without those `left_out`."""
    with tempfile.TemporaryDirectory(prefix="atlas-index-") as folder:
        index = os.path.join(folder, "index")
        # With its time: by that git knows which files may have changed in the very moment that the index was written.
        shutil.copy2(git.run_git(worktree, "rev-parse", "--path-format=absolute", "--git-path", "index"), index)
        own = {"GIT_INDEX_FILE": index}
        git.run_git(
            worktree, "add", "--all", "--", ":/", *(f":(top,exclude,literal){path}" for path in left_out), env=own
        )
        for path in hidden:
            git.run_git(worktree, "update-index", "--no-skip-worktree", "--", path, env=own, codes=(0, 128))
            git.run_git(worktree, "update-index", "--add", "--remove", "--", path, env=own)
        return git.run_git(worktree, "write-tree", env=own)
