"""Git worktrees: made, listed and forgotten, what would be lost with one, and a bundle that keeps it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import NamedTuple

from atlas.core.errors import AtlasError

from . import git, merge

_CHECKOUT_SECONDS = 1800
_UNHOOKED = ("-c", f"core.hooksPath={os.devnull}")
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}
_SHOWN = 5


class Entry(NamedTuple):
    """A worktree as git has it registered. `locked` is the reason of its lock, "" when none was given."""

    path: str
    branch: str | None
    locked: str | None


def entries(root: str) -> list[Entry]:
    """All worktrees of a repository, the main one first."""
    found = []
    for block in git.run(root, "worktree", "list", "--porcelain").split("\n\n"):
        fields = dict(line.partition(" ")[::2] for line in block.splitlines())
        if "worktree" in fields:
            branch = fields.get("branch", "").removeprefix("refs/heads/") or None
            found.append(Entry(fields["worktree"], branch, fields.get("locked")))
    return found


def entry(root: str, path: str) -> Entry | None:
    """The worktree that git has registered at `path`."""
    return next((one for one in entries(root) if one.path == path), None)


def add(root: str, path: str, branch: str, reason: str) -> None:
    """Check an existing branch out at `path`, which is missing or empty, and lock it against pruning.

    The repository's hooks are left out: they may ask, fail, or set up what is not theirs. Raises AtlasError.
    """
    git.run(root, *_UNHOOKED, "worktree", "add", "--quiet", path, branch, seconds=_CHECKOUT_SECONDS)
    git.run(root, "worktree", "lock", f"--reason={reason}", path)


def forget(root: str, path: str) -> None:
    """Unregister a worktree whose folder is gone."""
    git.run(root, "worktree", "remove", "--force", "--force", path)


def git_folder(tree: str) -> str:
    """The folder in which git keeps what belongs to this worktree alone."""
    return git.run(tree, "rev-parse", "--absolute-git-dir")


def hide_tracked(tree: str, paths: Sequence[str]) -> None:
    """Have git, in this worktree only, take those of the paths that are tracked for unchanged."""
    tracked = [path for path in git.run(tree, "ls-files", "-z", "--", *map(_literal, paths)).split("\0") if path]
    if tracked:
        git.run(tree, "update-index", "--skip-worktree", "--", *tracked)


def shown(tree: str, paths: Sequence[str]) -> list[str]:
    """Those of the paths that `git status` would show in this worktree."""
    if not paths:
        return []
    words = ("status", "--porcelain", "--untracked-files=all", "--no-renames", "-z", "--", *map(_literal, paths))
    return [line[3:] for line in git.run(tree, *words).split("\0") if line]


def is_ignored_or_tracked(tree: str, path: str) -> bool:
    """Whether `git status` passes over a path in this worktree as it is."""
    return not git.run(tree, "ls-files", "--others", "--exclude-standard", "-z", "--", _literal(path))


def _literal(path: str) -> str:
    return f":(top,literal){path}"


# What would be lost


def at_stake(tree: str, branch: str, kept: Sequence[str]) -> list[str]:
    """What would be lost with the worktree and its branch, a line each: changes, and commits that `kept` lacks.

    `kept` are commits; what any remote has is kept, too.
    """
    lines = _uncommitted(tree)
    lost = lost_commits(tree, ["HEAD", f"refs/heads/{branch}"], kept)
    if lost:
        lines.append(describe_commits(lost))
    for name in submodules(tree):
        lines += [f"in the submodule {name}: {line}" for line in _of_submodule(os.path.join(tree, name))]
    return lines


def describe_commits(lost: Sequence[str]) -> str:
    return f"commits that are on neither the integration branch nor a remote: {_listed(lost)}"


def _uncommitted(tree: str) -> list[str]:
    changed = [line[3:] for line in git.changes(tree)]
    folder = git_folder(tree)
    begun = {what for name, what in _UNDER_WAY.items() if os.path.exists(os.path.join(folder, name))}
    lines = [f"uncommitted changes: {_listed(changed)}"] if changed else []
    return lines + [f"{what} is under way" for what in sorted(begun)]


def lost_commits(tree: str, names: Sequence[str], kept: Sequence[str]) -> list[str]:
    """The commits, short and with their subjects, that `names` have and neither `kept` nor a remote has."""
    there = [name for name in names if git.commit_of(tree, name)]
    return (
        git.run(tree, "log", "--format=%h %s", *there, "--not", *kept, "--remotes", "--").splitlines() if there else []
    )


def _of_submodule(tree: str) -> list[str]:
    lost = git.run(tree, "log", "--format=%h %s", "HEAD", "--branches", "--not", "--remotes", "--").splitlines()
    lines = _uncommitted(tree)
    return [*lines, f"commits that are on no remote: {_listed(lost)}"] if lost else lines


def submodules(tree: str) -> list[str]:
    """The paths of submodules that are filled in this worktree."""
    staged = git.run(tree, "ls-files", "--stage", "-z").split("\0")
    paths = [line.partition("\t")[2] for line in staged if line.startswith("160000 ")]
    return [path for path in paths if os.path.exists(os.path.join(tree, path, ".git"))]


def nested_repositories(tree: str) -> list[str]:
    """Untracked folders that are repositories of their own, whose content git would not save."""
    untracked = git.run(tree, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return [path.rstrip("/") for path in untracked if path.endswith("/")]


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more


# Keeping it


def save(tree: str, name: str, branch: str, base: str, hidden: Sequence[str], bundle: str) -> str:
    """Write all that the worktree holds into a bundle: branch, HEAD and where it was before, uncommitted and new files.

    `hidden` are files that git is told to overlook and that are saved nevertheless. Only the history of `base` is left
    out. The bundle is complete before it has its name. Returns the commit that holds everything, which the bundle has
    as `refs/atlas/saved/<name>`. Raises AtlasError when something cannot be saved.
    """
    nested = nested_repositories(tree)
    if nested:
        raise AtlasError(f"{_listed(nested)} in {tree} is a repository of its own, which cannot be saved: move it away")
    work = merge.snapshot(tree, hidden)
    tips = _independent(tree, [work, *_former_heads(tree, branch)])
    parents = [word for tip in tips for word in ("-p", tip)]
    whole = git.run(tree, "commit-tree", f"{work}^{{tree}}", *parents, "-m", f"Workspace {name}", env=merge.AS_ATLAS)
    ref = f"refs/atlas/saved/{name}"
    own = [f"refs/heads/{branch}"] if _is_ahead(tree, branch, base) else []
    git.run(tree, "update-ref", ref, whole)
    write_bundle(tree, bundle, ref, *own, "--not", base)
    git.run(tree, "update-ref", "-d", ref)
    return whole


def save_submodule(tree: str, bundle: str) -> None:
    """The same for a submodule, whose repository goes with the worktree; nothing when its remote has it all."""
    if not _of_submodule(tree):
        return
    ref = "refs/atlas/saved/submodule"
    git.run(tree, "update-ref", ref, merge.snapshot(tree))
    write_bundle(tree, bundle, ref, "--branches")


def write_bundle(folder: str, bundle: str, *what: str) -> None:
    """Write a bundle of what `git rev-list` would list. It is whole and synced before it has its name."""
    temp = f"{bundle}.part"
    git.run(folder, "bundle", "create", "--quiet", temp, *what, seconds=_CHECKOUT_SECONDS)
    git.run(folder, "bundle", "verify", "--quiet", temp)
    os.chmod(temp, 0o600)
    with open(temp, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temp, bundle)


def _is_ahead(tree: str, branch: str, base: str) -> bool:
    tip = git.commit_of(tree, f"refs/heads/{branch}")
    return tip is not None and not git.has(tree, base, tip)


def _former_heads(tree: str, branch: str) -> list[str]:
    """The commits that were checked out here, and the branch's: rebasing and resetting leave some behind."""
    names = [f"refs/heads/{branch}", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD"]
    found = [commit for name in names if (commit := git.commit_of(tree, name))]
    logged = git.run(tree, "log", "--walk-reflogs", "--format=%H", "HEAD", codes=(0, 128)).splitlines()
    return list(dict.fromkeys([*found, *logged]))


def _independent(tree: str, commits: Sequence[str]) -> list[str]:
    return git.run(tree, "merge-base", "--independent", *commits).splitlines()


def bundled(root: str, bundle: str) -> list[str]:
    """The commits that a bundle has names for; none when there is no such bundle."""
    return [line.split()[0] for line in git.run(root, "bundle", "list-heads", bundle, codes=range(256)).splitlines()]


def commit_all(tree: str, branch: str, author: str, title: str) -> str:
    """Commit all that a worktree holds to its branch, as this author; returns the commit that has everything then.

    No hook runs and nothing is signed. What somebody checked out beside the branch is put into the history, too. It may
    run again: what is committed stays as it is. Repositories of their own that lie in the worktree are left out.
    """
    whole = merge.tree_of(tree, left_out=nested_repositories(tree))
    head = git.head(tree)
    if whole != git.run(tree, "rev-parse", f"{head}^{{tree}}"):
        head = _commit(tree, whole, [head], author, title)
    tip = git.commit_of(tree, f"refs/heads/{branch}")
    if tip is None or git.has(tree, head, tip):
        kept = head
    elif git.has(tree, tip, head):
        kept = tip
    else:
        aside = f"{title} (with what was checked out beside the branch: {head})"
        kept = _commit(tree, f"{tip}^{{tree}}", [tip, head], author, aside)
    if kept != tip:
        git.run(tree, *_UNHOOKED, "update-ref", "-m", "atlas", f"refs/heads/{branch}", kept, tip or "")
    if git.branch(tree) == branch:
        with contextlib.suppress(AtlasError):  # a lock that a killed git left: the work is committed all the same
            git.run(tree, *_UNHOOKED, "reset", "--quiet")
    return kept


def _commit(tree: str, content: str, parents: Sequence[str], author: str, title: str) -> str:
    identity = {name: value for name, value in merge.AS_ATLAS.items() if not name.endswith("DATE")}
    words = [word for parent in parents for word in ("-p", parent)]
    author_name = {"GIT_AUTHOR_NAME": author}
    return git.run(tree, "commit-tree", content, *words, "-m", title, env={**identity, **author_name})
