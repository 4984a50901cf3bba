"""Has ATLAS's Python environment made as a session starts, by a process that outlives this one."""

from __future__ import annotations

import os
import sys

from atlas.adapters.system import environment


def main() -> None:
    """Nothing when the environment is there; else this process becomes `atlas env --background`."""
    if environment.find() is None:
        os.execv(sys.executable, [sys.executable, os.path.join(environment.SCRIPTS, "atlas_env.py"), "--background"])
