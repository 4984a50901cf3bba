"""The gate of whoever has a role: a small file, brought up to date by every change of the state (see docs/state.md)."""

from __future__ import annotations

import os
import time

from interrupt_monitor import parse, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Gate = dict[str, Any]


_mine: list[Gate] = []


def mine() -> Gate:
    """The gate that the shell has found (`role.sh`), read once. Raises OSError, or ValueError when it is not one."""
    if not _mine:
        _mine.append(mine_now())
    return _mine[0]


def mine_now() -> Gate:
    """The same as it is at this moment, for who goes on for longer."""
    return load(os.environ["ATLAS_GATE"])


def of_workspace(name: str) -> Gate:
    """The gate of whoever works in a workspace. Raises as `mine` does."""
    return load(os.path.join(folder("workspaces"), name))


def folder(kind: str) -> str:
    """Where hooks and the store keep small files of a kind."""
    return os.path.join(os.environ["ATLAS_HOME"], "gates", kind)


def load(path: str) -> Gate:
    """A gate whose form is right where it matters, with the paths that hold now if the repository was moved."""
    gate = parse(read(path))
    if not isinstance(gate, dict) or gate.get("version") != 1 or gate.get("role") not in ("lead", "worker"):
        raise ValueError(f"{path} is no gate")
    for one in gate.get("workspaces") or []:
        if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in ("name", "folder", "status")):
            raise ValueError(f"{path}: what it says of workspaces makes no sense")
    common = os.path.realpath(os.path.dirname(os.environ["ATLAS_HOME"]))
    old, new = gate["root"], os.path.dirname(common)
    if old != new and os.path.basename(common) == ".git":
        gate["root"] = new
        for one in gate["workspaces"]:
            one["folder"] = new + one["folder"].removeprefix(old)
    return gate


def is_paused(gate: Gate) -> bool:
    """Whether the person has lifted the gates for now."""
    pause = gate["paused"]
    return pause is not None and (pause["until"] is None or time.time() < pause["until"])
