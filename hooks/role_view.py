"""What a hook knows of whoever has a role: a small file, brought up to date by each change of the state.

See docs/state.md, where it is called a gate, as in the names of its folders.
"""

from __future__ import annotations

import os
import time

from hooks.bare import parse, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    View = dict[str, Any]

_own: list[View] = []


def own_view() -> View:
    """The view that the shell has found (`role.sh`), read once. Raises OSError, or ValueError when it is not one."""
    if not _own:
        _own.append(read_own_view())
    return _own[0]


def read_own_view() -> View:
    """The same as it is at this moment, for a hook that goes on for longer."""
    return read_view(os.environ["ATLAS_GATE"])


def view_of_workspace(name: str) -> View:
    """The view of the agent that works in a workspace. Raises as `own_view` does."""
    return read_view(os.path.join(folder_of("workspaces"), name))


def folder_of(kind: str) -> str:
    """Where hooks and the store keep small files of a kind."""
    return os.path.join(os.environ["ATLAS_HOME"], "gates", kind)


def read_view(path: str) -> View:
    """A view whose form is right where it matters, with the paths that hold now if the repository was moved."""
    view = parse(read(path))
    if not isinstance(view, dict) or view.get("version") != 1 or view.get("role") not in ("lead", "worker"):
        raise ValueError(f"{path} is no gate")
    for one in view.get("workspaces") or []:
        if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in ("name", "folder", "status")):
            raise ValueError(f"{path}: what it says of workspaces makes no sense")
    common = os.path.realpath(os.path.dirname(os.environ["ATLAS_HOME"]))
    old, new = view["root"], os.path.dirname(common)
    if old != new and os.path.basename(common) == ".git":
        view["root"] = new
        for one in view["workspaces"]:
            one["folder"] = new + one["folder"].removeprefix(old)
    return view


def is_paused(view: View) -> bool:
    """Whether the person has lifted the gates for now."""
    pause = view["paused"]
    return pause is not None and (pause["until"] is None or time.time() < pause["until"])
