"""Making a workspace that is in use there again, when its folder is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.adapters.git import refs, worktree
from atlas.adapters.system import file_lock
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKSPACE
from atlas.services.project.workspace_paths import is_gone, lock_path, workspace_folder, workspace_path

from .building import rebuild_workspace
from .clearing import delete_folder, put_workspace_back

if TYPE_CHECKING:
    from atlas.core.records.workspace import Workspace
    from atlas.services.project.context import Context


def require_folder(context: Context, verb: str, record: Workspace) -> list[str]:
    """See that a workspace is there: where its folder is gone it is made again from its branch, and a note says so.

    Raises AtlasError, with nothing changed, when its branch is gone too, it cannot be made, or something else is there.
    """
    if not is_gone(context.project, record):
        workspace_folder(context.project, record)
        return []
    name = record["name"]
    with file_lock.hold_lock(lock_path(context.project, name), f"workspace {name}"):
        # Read again, for another command may have removed it, or made it again, while this one waited for the lock.
        record = context.read(verb, lambda tx, actor: tx.need(WORKSPACE, name))
        if record["removed_at"] is not None:
            raise AtlasError(f"workspace {name} was removed just now: try again")
        if put_workspace_back(context.project, record) or not is_gone(context.project, record):
            workspace_folder(context.project, record)
            return []
        if refs.find_commit(context.project.root, f"refs/heads/{record['branch']}") is None:
            raise AtlasError(
                f"workspace {name} is gone, and so is its branch {record['branch']}: `atlas doctor --repair` notes that"
            )
        rebuild_or_clear(context, verb, record)
    return [f"the folder of workspace {name} was gone: it was made again from {record['branch']}, as last committed"]


def rebuild_or_clear(context: Context, verb: str, record: Workspace) -> None:
    """Make a workspace whose folder is gone again, from its branch, or leave it gone. The caller holds its lock.

    Raises AtlasError when it cannot be made.
    """
    project, path = context.project, workspace_path(context.project, record)
    was_registered = worktree.find_worktree(project.root, path) is not None
    try:
        rebuild_workspace(context, verb, record)
    # An interrupt from the keyboard, too, must not leave a workspace half made that looks ready.
    except (AtlasError, OSError, KeyboardInterrupt) as error:
        if not is_gone(project, record):
            delete_folder(path)
        if not was_registered and worktree.find_worktree(project.root, path) is not None:
            worktree.forget_worktree(project.root, path)
        raise AtlasError(f"workspace {record['name']} could not be made again: {error or 'interrupted'}") from error
