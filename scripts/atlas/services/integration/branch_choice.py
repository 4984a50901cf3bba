"""Which branch an orchestration integrates on, so that nothing of anybody's is lost."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from atlas.adapters.git import git, refs, worktree
from atlas.core.errors import AtlasError

from .branch import DEFAULT_BRANCH

_LONGEST = 200
_CANDIDATES = 100


class Choice(NamedTuple):
    """A branch to integrate on, where it is to begin (None before the first commit), and what to say of it."""

    branch: str
    base_branch: str | None
    commit: str | None
    note: str | None


def choose_branch(root: str, wanted: str | None) -> Choice:
    """The branch called `wanted`, or the first of that name with a number that can be used without losing anything.

    An existing branch is used when one of it and what is checked out holds all of the other, and it is checked out
    nowhere: it is the person's then. Raises AtlasError when the name cannot be that of a branch.
    """
    name = wanted if wanted is not None else DEFAULT_BRANCH
    require_branch_name(root, name)
    commit, base = refs.find_commit(root, "HEAD"), refs.current_branch(root)
    known, in_use = refs.local_branches(root), {entry.branch for entry in worktree.list_worktrees(root)} | {base}
    reasons = {}
    for candidate in [name, *(f"{name}-{number}" for number in range(2, _CANDIDATES))]:
        reasons[candidate] = name_taken(candidate, known - {candidate}) or _unfit_reason(
            root, candidate, known, in_use, commit
        )
        if reasons[candidate] is None:
            note = f"{name} was left alone ({reasons[name]}): {candidate} is used" if reasons[name] else None
            return Choice(candidate, base, _start_commit(root, candidate, known, commit), note)
    raise AtlasError(f"{name} cannot be used ({reasons[name]}): choose another with --integration-branch NAME")


def require_branch_name(root: str, name: str) -> None:
    """Raise AtlasError unless a branch may have this name."""
    if len(name) <= _LONGEST and name.isprintable() and not name.startswith("-") and name not in ("HEAD", "@"):
        try:
            git.run_git(root, "check-ref-format", f"refs/heads/{name}")
        except AtlasError:
            pass
        else:
            return
    raise AtlasError(f"{name[:80]!r} cannot be the name of a branch: use letters, digits, '-' and '/'")


def name_taken(name: str, known: set[str]) -> str | None:
    """Why git cannot have a branch of this name beside those known, or None: one cannot lie within another."""
    for other in sorted(known):
        if other == name or other.startswith(f"{name}/") or name.startswith(f"{other}/"):
            return f"there is a branch {other}" + ("" if other == name else f", beside which git cannot have {name}")
    return None


def _unfit_reason(
    root: str, name: str, known: set[str], in_use: Container[str | None], commit: str | None
) -> str | None:
    """Why the branch cannot be integrated on, or None."""
    if name in in_use:
        return "it is checked out"
    if name not in known or commit is None:
        return None
    tip = f"refs/heads/{name}"
    if refs.contains_commit(root, tip, commit) or refs.contains_commit(root, commit, tip):
        return None
    return "it holds other work"


def _start_commit(root: str, name: str, known: set[str], commit: str | None) -> str | None:
    tip = refs.find_commit(root, f"refs/heads/{name}") if name in known else None
    return tip if tip and (commit is None or refs.contains_commit(root, tip, commit)) else commit
