"""Editable installs through which checks of a clone would see files of another copy of the project.

Nothing is imported: the files in the site-packages of the interpreters say what is installed from where.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from atlas.adapters.git import git
from atlas.adapters.system import disk

from .interpreters import find_pythons, packages_of, venv_sites
from .linked_packages import is_in, linked_packages

if TYPE_CHECKING:
    from atlas.adapters.git.checkout_pool import Checkout

_PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_VENVS = (".venv", "venv")
_ADVICE = (
    "have the set-up install it in the clone, e.g. atlas settings workspace.setup "
    '"python3 -m venv .venv && .venv/bin/pip install -e ."'
)


def foreign_install(checkout: Checkout, environment: Mapping[str, str]) -> str | None:
    """Why checks could not tell anything of a clone of a Python project: they would see another copy of it.

    None when nothing is in their way, or it is no Python project.
    """
    if not any(os.path.isfile(os.path.join(checkout.folder, name)) for name in _PROJECT_FILES):
        return None
    others = _OtherCopies(checkout)
    return (
        _foreign_path(environment, others)
        or _foreign_in_clone(checkout, others)
        or _foreign_outside(checkout, environment, others)
    )


def _foreign_path(environment: Mapping[str, str], others: _OtherCopies) -> str | None:
    for place in environment.get("PYTHONPATH", "").split(os.pathsep):
        if os.path.isabs(place) and others.has(place):
            return f"PYTHONPATH names {place}, which is not the clone: call ATLAS without it, or have checks set theirs"
    return None


def _foreign_in_clone(checkout: Checkout, others: _OtherCopies) -> str | None:
    for venv in _VENVS:
        for one in linked_packages(os.path.join(venv, "bin", "python"), venv_sites(checkout.folder, venv)):
            if others.has(one.target):
                return f"{one.python} of the clone takes {one.name} from {one.target}: {_ADVICE}"
    return None


def _foreign_outside(checkout: Checkout, environment: Mapping[str, str], others: _OtherCopies) -> str | None:
    for python in find_pythons(environment):
        for one in linked_packages(python, packages_of(checkout, python, environment)):
            if others.has(one.target):
                return (
                    f"{python} takes {one.name} from {one.target}, and so would checks: {_ADVICE}, and call ATLAS "
                    f"without that environment, or take it away there: {python} -m pip uninstall {one.name}"
                )
    return None


class _OtherCopies:
    """Tells folders with files of this repository that are not the clone."""

    def __init__(self, checkout: Checkout) -> None:
        self._root, self._common, self._clone = checkout.root, checkout.common, checkout.folder
        self._known: dict[str, bool] = {}

    def has(self, target: str) -> bool:
        """Whether a folder is in the project, in one of its workspaces, or in another clone or copy of it."""
        place = os.path.realpath(target)
        if place not in self._known:
            self._known[place] = not is_in(place, self._clone) and (
                is_in(place, self._root) or self._is_of_repository(place) or self._is_copy(place)
            )
        return self._known[place]

    def _is_of_repository(self, place: str) -> bool:
        while not os.path.exists(os.path.join(place, ".git")):
            place, before = os.path.dirname(place), place
            if place == before:
                return False
        words = ("rev-parse", "--path-format=absolute", "--git-common-dir", "HEAD")
        common, _, head = git.run_git(place, *words, codes=range(256)).partition("\n")
        if common and os.path.realpath(common) == os.path.realpath(self._common):
            return True
        return bool(head) and git.run_git(self._root, "cat-file", "-t", head, codes=range(256)) == "commit"

    def _is_copy(self, place: str) -> bool:
        """Whether it, or the folder around it, has the very file that names this project."""
        for name in _PROJECT_FILES:
            own = disk.read_bytes(os.path.join(self._clone, name))
            if own and b"name" in own:
                around = (place, os.path.dirname(place))
                return any(disk.read_bytes(os.path.join(one, name)) == own for one in around)
        return False
