"""Under which name the result of a set-up is kept: it says of everything that the result may depend on.

Installers that put packages where packages belong depend on lock files and manifests. What any other command makes may
depend on every file: a build of older sources must never be checked in the place of one of these.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.git import git
from atlas.services.project.settings import SETUPS

from .installers import has_copies, is_installer, parts_of

if TYPE_CHECKING:
    from atlas.adapters.git.checkout_pool import Checkout

_MODULES = ".gitmodules"
_LOCKS = {name for names, _ in SETUPS for name in names} - {_MODULES}
_MANIFESTS = {
    "package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml", ".pnpmfile.cjs", "bunfig.toml",
    "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "uv.toml", "poetry.toml", "pdm.toml", "mix.exs", "go.mod",
    "Cargo.toml", ".python-version", ".node-version", ".nvmrc", ".tool-versions",
}  # fmt: skip
_ALSO = re.compile(r"\.prisma$|\.patch$|(require|constraint)[^/]*\.(txt|in)$|requirements/[^/]*$")
"""Other files that installers read, or that packages read when they are installed."""
_PLACES = {"node_modules", ".venv", "venv", "deps"}
_VARIABLES = ("NPM_", "NODE_", "YARN_", "PNPM_", "BUN_", "PIP_", "UV_", "POETRY_", "PDM_", "PIPENV_", "PYTHON", "MIX_")


class SetUpNames(NamedTuple):
    """`by_locks` is the name where only lock files and manifests matter, None where others may, too; `by_tree` else."""

    by_locks: str | None
    by_tree: str

    def name_for(self, made: Iterable[str]) -> str:
        """The name for these paths: what lies outside of the places for packages may come from any file."""
        if self.by_locks and all(_is_for_packages(path) for path in made):
            return self.by_locks
        return self.by_tree


def name_set_up(checkout: Checkout, command: str, environment: Mapping[str, str]) -> SetUpNames | None:
    """The names for what a command makes in a clone; None when it is to be made anew, since no lock file says of what.

    What is in the git folders of submodules cannot be kept, so with submodules there is no name.
    """
    listed = git.run_git(checkout.root, "ls-tree", "-r", "-z", "--full-tree", checkout.commit)
    objects = {line.partition("\t")[2]: line.partition("\t")[0] for line in listed.split("\0") if line}
    if _MODULES in objects or not any(os.path.basename(path) in _LOCKS for path in objects):
        return None
    parts = parts_of(command)
    words = {word for part in parts or () for word in part}
    read = {path: one for path, one in objects.items() if path in words or _is_read_by_installers(path)}
    about = [command, checkout.folder, sys.platform, platform.machine(), *_tools(command, environment)]
    about += sorted(f"{name}={value}" for name, value in environment.items() if name.upper().startswith(_VARIABLES))
    is_install = parts is not None and all(map(is_installer, parts)) and not has_copies(checkout.folder, read)
    return SetUpNames(_name(about, read) if is_install else None, _name(about, objects))


def _name(about: Sequence[str], objects: Mapping[str, str]) -> str:
    text = json.dumps([about, sorted(objects.items())])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_for_packages(path: str) -> bool:
    return not _PLACES.isdisjoint(path.split("/")) or path.endswith(".egg-info")


def _is_read_by_installers(path: str) -> bool:
    return os.path.basename(path) in _LOCKS | _MANIFESTS or _ALSO.search(path) is not None


def _tools(command: str, environment: Mapping[str, str]) -> list[str]:
    """Which programs the command would find, and when they were changed."""
    first = [part.split()[0] for part in command.split("&&") if part.split()]
    found = (shutil.which(name, path=environment.get("PATH", os.defpath)) for name in (*first, "node", "python3"))
    return [f"{path} {os.path.realpath(path)} {os.stat(path).st_mtime_ns}" for path in found if path]
