"""Puts the packages of ATLAS's own Python environment within reach, right before one is imported."""

from __future__ import annotations

import sys

from atlas.core.errors import AtlasError

from .environment import find_packages

_active = False


def activate_packages() -> None:
    """Make the third-party packages importable; to be called right before importing one.

    Raises AtlasError, one line that says what to do, when they are not there yet. They are then being made in
    the background, unless that failed a moment ago.
    """
    global _active
    if _active:
        return
    site = find_packages()
    if site is None:
        from .environment_maker import prepare_environment

        raise AtlasError(str(prepare_environment()))
    sys.path.insert(0, site)
    _active = True
