"""What the plugin does around a session's tool calls: interrupts reach whoever works in a workspace.

What role a session has is in the file `roles/SESSION` of ATLAS's folder, which every change of the state brings up to
date: the role, then the names of the session's workspaces. A session without a role has no such file.
"""

from __future__ import annotations

import os

import interrupt_monitor
from interrupt_monitor import SLUG, Place, common_folder, doer, is_batch, is_slug, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from interrupt_monitor import Event


def main() -> None:
    """Answer one PreToolUse or PostToolBatch event on standard output; mostly with nothing."""
    interrupt_monitor.main(places)


def places(event: Event) -> list[Place]:
    """The workspaces to look at: before a call those that its maker works in, after a batch all of them."""
    if is_batch(event):
        return [place for atlas in atlas_folders(event) for place in workspaces(atlas)]
    here = [place for place in map(workspace_at, folders(event)) if place is not None][:1]
    for atlas in atlas_folders(event):
        role, *names = role_of(event, atlas)
        if role == "lead":  # its own calls are nobody's work in a workspace; its subagents are workers
            reached = (reached_by(event, atlas) or here) if event.get("agent_id") else []
            return [Place(place.folder, atlas, led=True) for place in reached]
        if names:
            return [place for place in workspaces(atlas) if place.name in names]
    return here


def folders(event: Event) -> list[str]:
    """Where the session is, and where it began."""
    cwd = event.get("cwd")
    return [cwd if isinstance(cwd, str) else ".", os.environ.get("CLAUDE_PROJECT_DIR") or "."]


def atlas_folders(event: Event) -> list[str]:
    """ATLAS's folders in the repositories where the session is and where it began."""
    found = [os.path.join(common, "atlas") for _, common in map(repository, folders(event)) if common]
    return [atlas for atlas in dict.fromkeys(found) if os.path.isdir(atlas)]


def role_of(event: Event, atlas: str) -> list[str]:
    """The session's role and the names of its workspaces; an empty text for a session without a role."""
    session, _ = doer(event)
    try:
        found = read(os.path.join(atlas, "roles", session)).decode().split() if is_slug(session) else []
    except (OSError, ValueError):
        found = []
    return found or [""]


def reached_by(event: Event, atlas: str) -> list[Place]:
    """The workspaces that a call names, by the path of a file or in the text of a command."""
    arguments = event.get("tool_input")
    given = arguments if isinstance(arguments, dict) else {}
    for path in map(given.get, ("file_path", "notebook_path", "path")):
        if isinstance(path, str):
            place = workspace_at(os.path.dirname(os.path.join(folders(event)[0], path)))
            return [place] if place else []
    return [place for place in workspaces(atlas) if names(str(given.get("command")), place)]


def names(command: str, place: Place) -> bool:
    """Whether a command's text has the workspace's path in it."""
    return any(
        rest[:1] not in SLUG
        for kind in ("worktrees", "workspaces")
        for rest in command.split(f".claude/{kind}/{place.name}")[1:]
    )


def workspaces(atlas: str) -> list[Place]:
    """Every workspace of the project whose ATLAS folder this is, by name."""
    home = os.path.join(os.path.dirname(os.path.dirname(atlas)), ".claude", "worktrees")
    try:
        return [Place(os.path.join(home, name), atlas) for name in sorted(os.listdir(home)) if is_slug(name)]
    except OSError:
        return []


def workspace_at(folder: str) -> Place | None:
    """The workspace that a folder, which need not exist, lies in: a work tree of its own at the place for them."""
    top, common = repository(folder)
    atlas = os.path.join(common, "atlas")
    above, name = os.path.split(top)
    at_home = above.endswith("/.claude/worktrees") and is_slug(name)
    return Place(top, atlas) if common and at_home and os.path.isdir(atlas) else None


def repository(folder: str) -> tuple[str, str]:
    """The top of the work tree around a folder, and git's common directory; two empty texts where there is none."""
    try:
        top = os.path.realpath(folder)
        while not os.path.exists(os.path.join(top, ".git")):
            if top == os.path.dirname(top):
                return "", ""
            top = os.path.dirname(top)
        return top, common_folder(top)
    except (OSError, ValueError):
        return "", ""
