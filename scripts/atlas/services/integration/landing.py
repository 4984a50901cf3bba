"""Bringing finished work onto the integration branch, with nothing that is checked out touched."""

from __future__ import annotations

from atlas.adapters.git import git, merge, refs, snapshots
from atlas.core.errors import AtlasError
from atlas.core.records.plan import Workflow

from .branch import BranchTip, locate_branch, make_branch, require_not_checked_out

_TRIES = 8  # each needs somebody else to have moved the branch in the moments since it was read


class Conflict(AtlasError):
    """The work cannot be merged into the integration branch as it is: `files` conflict."""

    def __init__(self, branch: str, files: list[str]) -> None:
        super().__init__(f"it conflicts with {branch} in {', '.join(files[:5])}")
        self.files = files


def require_landable(root: str, tip: BranchTip, commit: str) -> None:
    """Raise AtlasError when a commit cannot be brought onto the integration branch here, whatever is in it."""
    if tip.found is not None and refs.contains_commit(root, tip.commit, commit):
        return
    require_not_checked_out(root, tip.branch)
    if not refs.contains_commit(root, commit, tip.commit):
        _require_merge_support(tip.branch, commit)


def integrate_commit(root: str, workflow: Workflow, commit: str, title: str) -> str:
    """Bring a commit onto the integration branch, and return a commit of that branch that has it.

    Nothing that is checked out is touched. Raises Conflict, and AtlasError when it cannot be done here.
    """
    for attempt in range(_TRIES):
        tip = locate_branch(root, workflow)
        make_branch(root, tip)
        if refs.contains_commit(root, tip.commit, commit):
            return tip.commit
        require_not_checked_out(root, tip.branch)
        is_ahead = refs.contains_commit(root, commit, tip.commit)
        new = commit if is_ahead else _merge_onto_branch(root, tip, commit, title)
        try:
            refs.move_branch(root, tip.branch, new, tip.commit)
        except AtlasError:
            if attempt + 1 == _TRIES or refs.find_commit(root, f"refs/heads/{tip.branch}") == tip.commit:
                raise  # nobody moved it: git has another reason
            continue
        return new
    raise AssertionError("every try returns or raises")


def _merge_onto_branch(root: str, tip: BranchTip, commit: str, title: str) -> str:
    _require_merge_support(tip.branch, commit)
    tree, files = merge.merge_commits(root, tip.commit, commit)
    if files:
        raise Conflict(tip.branch, files)
    return git.run_git(
        root, "commit-tree", tree, "-p", tip.commit, "-p", commit, "-m", title, env=_committer_identity(root)
    )


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
