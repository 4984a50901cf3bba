"""Writing within a workspace, never through a link that leads out of it."""

from __future__ import annotations

import os

from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.paths import contains_path


def write_inside(tree: str, path: str, data: bytes) -> None:
    """Write a file of a workspace as a whole, unless it is there as it should be."""
    folder = os.path.dirname(os.path.join(tree, path))
    require_inside(tree, folder, path)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(tree, path)
    if disk.read_bytes(target) != data or os.path.islink(target):
        os.replace(disk.write_temp(target, data), target)


def require_inside(tree: str, folder: str, path: str) -> None:
    """Raise AtlasError when a folder leads out of the workspace."""
    if not contains_path(tree, os.path.realpath(folder)):
        raise AtlasError(f"{path}: a link in this repository leads out of the workspace")
