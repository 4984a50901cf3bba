"""Bundles: everything that a worktree holds, kept in one file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from atlas.core.errors import AtlasError

from . import git, refs, snapshots
from .losses import list_some, nested_repositories, submodule_losses
from .worktree import CHECKOUT_SECONDS


def save_worktree(tree: str, name: str, branch: str, base: str, hidden: Sequence[str], bundle: str) -> str:
    """Write all that the worktree holds into a bundle: branch, HEAD and where it was before, uncommitted and new files.

    `hidden` are files that git is told to overlook and that are saved nevertheless. Only the history of `base` is left
    out. The bundle is complete before it has its name. Returns the commit that holds everything, which the bundle has
    as `refs/atlas/saved/<name>`. Raises AtlasError when something cannot be saved.
    """
    nested = nested_repositories(tree)
    if nested:
        raise AtlasError(
            f"{list_some(nested)} in {tree} is a repository of its own, which cannot be saved: move it away"
        )
    work = snapshots.snapshot_worktree(tree, hidden)
    tips = _independent_commits(tree, [work, *_former_heads(tree, branch)])
    parents = [word for tip in tips for word in ("-p", tip)]
    whole = git.run_git(
        tree, "commit-tree", f"{work}^{{tree}}", *parents, "-m", f"Workspace {name}", env=snapshots.AS_ATLAS
    )
    ref = f"refs/atlas/saved/{name}"
    own = [f"refs/heads/{branch}"] if _is_ahead(tree, branch, base) else []
    git.run_git(tree, "update-ref", ref, whole)
    write_bundle(tree, bundle, ref, *own, "--not", base)
    git.run_git(tree, "update-ref", "-d", ref)
    return whole


def save_submodule(tree: str, bundle: str) -> None:
    """The same for a submodule, whose repository goes with the worktree; nothing when its remote has it all."""
    if not submodule_losses(tree):
        return
    ref = "refs/atlas/saved/submodule"
    git.run_git(tree, "update-ref", ref, snapshots.snapshot_worktree(tree))
    write_bundle(tree, bundle, ref, "--branches")


def write_bundle(folder: str, bundle: str, *what: str) -> None:
    """Write a bundle of what `git rev-list` would list. It is whole and synced before it has its name."""
    temp = f"{bundle}.part"
    git.run_git(folder, "bundle", "create", "--quiet", temp, *what, seconds=CHECKOUT_SECONDS)
    git.run_git(folder, "bundle", "verify", "--quiet", temp)
    os.chmod(temp, 0o600)
    # What it saves is deleted next, so it has to survive a power loss before it has its name.
    with open(temp, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temp, bundle)


def _is_ahead(tree: str, branch: str, base: str) -> bool:
    tip = refs.find_commit(tree, f"refs/heads/{branch}")
    return tip is not None and not refs.contains_commit(tree, base, tip)


def _former_heads(tree: str, branch: str) -> list[str]:
    """The commits that were checked out here, and the branch's: rebasing and resetting leave some behind."""
    names = [f"refs/heads/{branch}", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"]
    found = [commit for name in names if (commit := refs.find_commit(tree, name))]
    # 128: a worktree in which nothing was ever checked out has no such log.
    logged = git.run_git(tree, "log", "--walk-reflogs", "--format=%H", "HEAD", codes=(0, 128)).splitlines()
    return list(dict.fromkeys([*found, *logged]))


def _independent_commits(tree: str, commits: Sequence[str]) -> list[str]:
    return git.run_git(tree, "merge-base", "--independent", *commits).splitlines()


def bundled_commits(root: str, bundle: str) -> list[str]:
    """The commits that a bundle has names for; none when there is no such bundle."""
    return [
        line.split()[0] for line in git.run_git(root, "bundle", "list-heads", bundle, codes=range(256)).splitlines()
    ]
