"""Has ATLAS's Python environment made as a session starts, by a process that outlives this one."""

from __future__ import annotations

import os
import sys

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts", "atlas_env.py")


def main() -> None:
    """Become `atlas env --background`, which leaves an environment alone that is there."""
    os.execv(sys.executable, [sys.executable, SCRIPT, "--background"])
