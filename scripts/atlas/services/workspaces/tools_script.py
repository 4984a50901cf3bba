"""The verbs' door in the project itself, `.claude/tools/orchestration.py`, for those who expect it there."""

from __future__ import annotations

import os

from atlas.adapters.system import disk
from atlas.adapters.system.environment import SCRIPTS
from atlas.core.errors import AtlasError
from atlas.core.paths import Project

_MARK = '"""ATLAS under the name that its documents give it:'
_TEXT = f'''#!/usr/bin/env python3
{_MARK} `orchestration.py VERB …` is `atlas VERB …`. Written by ATLAS."""

import os
import sys

ATLAS = {{atlas!r}}
if not os.path.exists(ATLAS):
    sys.exit(f"orchestration.py: ATLAS is no longer at {{{{ATLAS}}}}: where it is now, run `atlas doctor --repair`")
os.execv(sys.executable, [sys.executable, ATLAS, *sys.argv[1:]])
'''


def script_path(project: Project) -> str:
    """Where the script lies in a project."""
    return os.path.join(project.claude, "tools", "orchestration.py")


def is_stale(project: Project) -> bool:
    """Whether the script is missing, or starts another ATLAS than this one."""
    found = disk.read_bytes(script_path(project))
    return not os.path.lexists(script_path(project)) or (found != _script_bytes() and _is_own_script(found))


def _is_own_script(found: bytes | None) -> bool:
    return found is not None and _MARK.encode() in found


def write_script(project: Project) -> None:
    """Write the script. Raises AtlasError when something of somebody else's is in its place."""
    path = script_path(project)
    folder = os.path.dirname(path)
    if os.path.realpath(folder) != folder:
        raise AtlasError(f"{folder} is a link: the launcher orchestration.py was not written there")
    found = disk.read_bytes(path)
    if found == _script_bytes():
        return
    if os.path.lexists(path) and not _is_own_script(found):
        raise AtlasError(f"{path} is not ATLAS's: it was left alone")
    os.makedirs(folder, exist_ok=True)
    temp = disk.write_temp(path, _script_bytes())
    os.chmod(temp, 0o755)
    os.replace(temp, path)


def _script_bytes() -> bytes:
    return _TEXT.format(atlas=os.path.join(SCRIPTS, "atlas_cli.py")).encode("utf-8", "surrogateescape")
