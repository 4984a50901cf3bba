"""The integration branch, where finished work comes together. It is moved without being checked out, and only ahead."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from atlas.adapters.git import git, merge, refs, snapshots, worktree
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW
from atlas.core.records.plan import Workflow
from atlas.core.rules.roles import Actor
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration

DEFAULT_BRANCH = "atlas/integration"
_LONGEST = 200
_TRIES = 8
_CANDIDATES = 100


class Conflict(AtlasError):
    """The work cannot be merged into the integration branch as it is: `files` conflict."""

    def __init__(self, branch: str, files: list[str]) -> None:
        super().__init__(f"it conflicts with {branch} in {', '.join(files[:5])}")
        self.files = files


class Choice(NamedTuple):
    """A branch to integrate on, where it is to begin (None before the first commit), and what to say of it."""

    branch: str
    base_branch: str | None
    commit: str | None
    note: str | None


def choose(root: str, wanted: str | None) -> Choice:
    """The branch called `wanted`, or the first of that name with a number that can be used without losing anything.

    An existing branch is used when one of it and what is checked out holds all of the other, and it is checked out
    nowhere: it is the person's then. Raises AtlasError when the name cannot be that of a branch.
    """
    name = wanted if wanted is not None else DEFAULT_BRANCH
    require_branch_name(root, name)
    commit, base = refs.commit_of(root, "HEAD"), refs.branch(root)
    known, in_use = refs.branches(root), {entry.branch for entry in worktree.entries(root)} | {base}
    reasons = {}
    for candidate in [name, *(f"{name}-{number}" for number in range(2, _CANDIDATES))]:
        reasons[candidate] = name_taken(candidate, known - {candidate}) or _unfit(
            root, candidate, known, in_use, commit
        )
        if reasons[candidate] is None:
            note = f"{name} was left alone ({reasons[name]}): {candidate} is used" if reasons[name] else None
            return Choice(candidate, base, _start(root, candidate, known, commit), note)
    raise AtlasError(f"{name} cannot be used ({reasons[name]}): choose another with --integration-branch NAME")


def require_branch_name(root: str, name: str) -> None:
    """Raise AtlasError unless a branch may have this name."""
    if len(name) <= _LONGEST and name.isprintable() and not name.startswith("-") and name not in ("HEAD", "@"):
        try:
            git.run(root, "check-ref-format", f"refs/heads/{name}")
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


def _unfit(root: str, name: str, known: set[str], in_use: Container[str | None], commit: str | None) -> str | None:
    """Why the branch cannot be integrated on, or None."""
    if name in in_use:
        return "it is checked out"
    if name not in known or commit is None:
        return None
    tip = f"refs/heads/{name}"
    if refs.has(root, tip, commit) or refs.has(root, commit, tip):
        return None
    return "it holds other work"


def _start(root: str, name: str, known: set[str], commit: str | None) -> str | None:
    tip = refs.commit_of(root, f"refs/heads/{name}") if name in known else None
    return tip if tip and (commit is None or refs.has(root, tip, commit)) else commit


def ensure(context: Context, verb: str) -> str:
    """The commit that the integration branch is at; it is made, or brought to where the start wanted it, if need be.

    Raises AtlasError when there is no commit yet, or the branch no longer holds what ATLAS left there.
    """
    root = context.project.root
    workflow = context.read(verb, lambda tx, actor: orchestration(tx))
    branch, left_at = branch_of(workflow), workflow["integration_commit"]
    tip = refs.commit_of(root, f"refs/heads/{branch}")
    if left_at is None:
        left_at = tip or refs.head(root)
        _note(context, verb, left_at)
    if tip is not None and refs.has(root, tip, left_at):
        return tip
    if tip is not None and not refs.has(root, left_at, tip):
        raise AtlasError(
            f"{branch} was moved and no longer holds {left_at[:12]}, where ATLAS left it: merge that into it again"
        )
    if tip is not None:
        _require_not_checked_out(root, branch)
    refs.move_branch(root, branch, left_at, tip)
    return left_at


def branch_of(workflow: Workflow) -> str:
    return workflow["integration_branch"] or DEFAULT_BRANCH


def _note(context: Context, verb: str, commit: str) -> None:
    def run(tx: Transaction, actor: Actor) -> None:
        tx.patch(WORKFLOW, orchestration(tx), integration_commit=commit)

    context.transact(verb, run)


def _require_not_checked_out(root: str, branch: str) -> None:
    for entry in worktree.entries(root):
        if entry.branch == branch:
            raise AtlasError(f"{branch} is checked out in {entry.path}: switch that to another branch, then try again")


def integrate(context: Context, verb: str, commit: str, title: str) -> str:
    """Bring a commit onto the integration branch, and return a commit of that branch that has it.

    Nothing that is checked out is touched. Raises Conflict, and AtlasError when it cannot be done here.
    """
    root = context.project.root
    for _ in range(_TRIES):
        tip = ensure(context, verb)
        if refs.has(root, tip, commit):
            return tip
        branch = branch_of(context.read(verb, lambda tx, actor: orchestration(tx)))
        _require_not_checked_out(root, branch)
        new = commit if refs.has(root, commit, tip) else _merge(root, branch, tip, commit, title)
        try:
            refs.move_branch(root, branch, new, tip)
        except AtlasError:
            continue  # somebody else moved it just now
        return new
    raise AtlasError(f"{branch} keeps moving while work is merged into it: try again")


def _merge(root: str, branch: str, tip: str, commit: str, title: str) -> str:
    try:
        merge.require_support()
    except AtlasError as error:
        raise AtlasError(
            f"git older than 2.38 cannot merge this: merge {commit[:12]} into {branch} yourself, then run this again"
        ) from error
    tree, files = merge.merge(root, tip, commit)
    if files:
        raise Conflict(branch, files)
    return git.run(root, "commit-tree", tree, "-p", tip, "-p", commit, "-m", title, env=_identity(root))


def _identity(root: str) -> dict[str, str]:
    """Nothing where git knows whose commits these are, else ATLAS itself."""
    try:
        git.run(root, "var", "GIT_COMMITTER_IDENT")
    except AtlasError:
        return {name: value for name, value in snapshots.AS_ATLAS.items() if not name.endswith("DATE")}
    return {}
