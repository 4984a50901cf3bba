"""Bringing finished work onto the integration branch, with nothing that is checked out touched."""

from __future__ import annotations

from atlas.adapters.git import git, merge, refs, snapshots
from atlas.core.errors import AtlasError
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration_workflow

from .branch import branch_of_workflow, ensure_branch, require_not_checked_out

_TRIES = 8  # each needs somebody else to have moved the branch in the moments since it was read


class Conflict(AtlasError):
    """The work cannot be merged into the integration branch as it is: `files` conflict."""

    def __init__(self, branch: str, files: list[str]) -> None:
        super().__init__(f"it conflicts with {branch} in {', '.join(files[:5])}")
        self.files = files


def integrate_commit(context: Context, verb: str, commit: str, title: str) -> str:
    """Bring a commit onto the integration branch, and return a commit of that branch that has it.

    Nothing that is checked out is touched. Raises Conflict, and AtlasError when it cannot be done here.
    """
    root = context.project.root
    for _ in range(_TRIES):
        tip = ensure_branch(context, verb)
        if refs.contains_commit(root, tip, commit):
            return tip
        branch = branch_of_workflow(context.read(verb, lambda tx, actor: orchestration_workflow(tx)))
        require_not_checked_out(root, branch)
        new = (
            commit if refs.contains_commit(root, commit, tip) else _merge_onto_branch(root, branch, tip, commit, title)
        )
        try:
            refs.move_branch(root, branch, new, tip)
        except AtlasError:
            continue  # somebody else moved it just now
        return new
    raise AtlasError(f"{branch} keeps moving while work is merged into it: try again")


def _merge_onto_branch(root: str, branch: str, tip: str, commit: str, title: str) -> str:
    try:
        merge.require_merge_support()
    except AtlasError as error:
        raise AtlasError(
            f"git older than 2.38 cannot merge this: merge {commit[:12]} into {branch} yourself, then run this again"
        ) from error
    tree, files = merge.merge_commits(root, tip, commit)
    if files:
        raise Conflict(branch, files)
    return git.run_git(root, "commit-tree", tree, "-p", tip, "-p", commit, "-m", title, env=_committer_identity(root))


def _committer_identity(root: str) -> dict[str, str]:
    """Nothing where git knows whose commits these are, else ATLAS itself."""
    try:
        git.run_git(root, "var", "GIT_COMMITTER_IDENT")
    except AtlasError:
        return {name: value for name, value in snapshots.AS_ATLAS.items() if not name.endswith("DATE")}
    return {}
