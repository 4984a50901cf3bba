"""The doctor's look at what ATLAS runs on: Python, git, its own packages, the plugin's files."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas import VERSION
from atlas.adapters.git import git
from atlas.adapters.store import schema
from atlas.adapters.system import environment as packages
from atlas.adapters.system import environment_maker
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import KINDS

from .findings import ok, problem, warning

if TYPE_CHECKING:
    from atlas.core.results.doctor import Finding

_GIT = (2, 38)
_PARTS = ("bin/atlas", "hooks/hooks.json", "scripts/requirements.txt", ".claude-plugin/plugin.json")


def environment_findings() -> Iterator[Finding]:
    """A finding for each part."""
    yield ok("Python", platform.python_version())
    yield _check_git()
    yield _check_packages()
    yield _check_plugin()


def _check_git() -> Finding:
    try:
        version = git.git_version()
    except AtlasError as error:
        return problem("git", str(error), "install git 2.38 or newer")
    text = ".".join(map(str, version))
    if version < _GIT:
        return warning("git", f"{text}: conflicts between branches cannot be checked", "install git 2.38 or newer")
    return ok("git", text)


def _check_packages() -> Finding:
    try:
        now = environment_maker.environment_state()
    except AtlasError as error:
        return problem("packages", str(error), "set HOME")
    if now.status == "ready":
        return ok("packages", str(now))
    if now.status == "failed":
        return problem("packages", str(now), "atlas env --wait")
    return warning("packages", str(now), "atlas env --wait")


def _check_plugin() -> Finding:
    root = os.path.dirname(packages.SCRIPTS)
    schemas = [os.path.join(schema.SCHEMAS, f"{kind}.schema.json") for kind in (*KINDS, "plan")]
    for path in (*(os.path.join(root, part) for part in _PARTS), *schemas):
        try:
            with open(path, "rb") as file:
                data = file.read()
            if path.endswith(".json"):
                json.loads(data)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not valid JSON"
            return problem("plugin", f"{path}: {reason}", "install the plugin again")
    return ok("plugin", f"ATLAS {VERSION} in {root}")
