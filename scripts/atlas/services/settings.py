"""What the project wants done its own way, and what its own files suggest."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from atlas.adapters import git
from atlas.adapters.store.transaction import Transaction
from atlas.core.errors import AtlasError
from atlas.core.model import SETTINGS, Settings
from atlas.core.paths import inner_path
from atlas.core.policy.roles import Actor

from .context import Context

Result = dict[str, Any]
FIELDS = {
    "workspace.setup": "workspace_setup",
    "workspace.setup-seconds": "workspace_setup_seconds",
    "workspace.link": "workspace_link",
    "workspace.copy": "workspace_copy",
}
_DEFAULTS: Settings = {
    "id": "project",
    "workspace_setup": None,
    "workspace_setup_seconds": 600,
    "workspace_link": [],
    "workspace_copy": [],
}
_LONGEST_SETUP = 86_400
_SETUPS = (
    ((".gitmodules",), "git submodule update --init --recursive"),
    (("package-lock.json", "npm-shrinkwrap.json"), "npm ci"),
    (("pnpm-lock.yaml",), "pnpm install --frozen-lockfile"),
    (("yarn.lock",), "yarn install --frozen-lockfile"),
    (("bun.lock", "bun.lockb"), "bun install --frozen-lockfile"),
    (("uv.lock",), "uv sync --frozen"),
    (("poetry.lock",), "poetry install"),
    (("pdm.lock",), "pdm sync"),
    (("Pipfile.lock",), "pipenv sync --dev"),
    (("requirements.txt",), "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"),
    (("Gemfile.lock",), "bundle install"),
    (("composer.lock",), "composer install"),
    (("mix.lock",), "mix deps.get"),
    (("go.sum",), "go mod download"),
    (("Cargo.lock",), "cargo fetch --locked"),
)
"""Files of a repository, and the command that makes a fresh copy of it fit to work in."""


def current(tx: Transaction) -> Settings:
    """The settings, or what holds where nothing was set."""
    return tx.only(SETTINGS) or _DEFAULTS


def show(context: Context) -> Result:
    """All settings, and proposals for those that were not set."""
    settings = context.look("settings", lambda tx, actor: current(tx))
    return {"settings": _named(settings), "changed": False, "proposals": _proposals(context.project.root, settings)}


def change(context: Context, key: str, values: Sequence[str]) -> Result:
    """Give a setting its value, or with no `values` the one that holds where nothing was set.

    Raises AtlasError when there is no such setting, or the value is not one of its.
    """
    if key not in FIELDS:
        raise AtlasError(f"there is no setting {key[:80]!r}: there are {', '.join(FIELDS)}")
    value = _value(context.project.root, key, values)

    def run(tx: Transaction, actor: Actor) -> Result:
        before = current(tx)
        after = tx.patch(SETTINGS, before, **{FIELDS[key]: value})
        return {"settings": _named(after), "changed": before != after, "proposals": []}

    return context.act("configure", run)


def _named(settings: Settings) -> Result:
    fields: Any = settings
    return {key: fields[field] for key, field in FIELDS.items()}


def _value(root: str, key: str, values: Sequence[str]) -> Any:
    if not values:
        defaults: Any = _DEFAULTS
        return defaults[FIELDS[key]]
    if key in ("workspace.link", "workspace.copy"):
        return [_file(root, value, key) for value in dict.fromkeys(values)]
    if len(values) > 1:
        raise AtlasError(f"{key} has one value: quote it, e.g. atlas settings {key} 'npm ci'")
    if key == "workspace.setup":
        if not values[0].strip():
            raise AtlasError(f"{key} is empty: give a command, or take it away with --unset")
        return values[0].strip()
    if not re.fullmatch("[0-9]{1,6}", values[0]) or not 1 <= int(values[0]) <= _LONGEST_SETUP:
        raise AtlasError(f"{key} is a number of seconds from 1 to {_LONGEST_SETUP}, not {values[0][:40]!r}")
    return int(values[0])


def _file(root: str, path: str, key: str) -> str:
    """The path, put simply. Raises AtlasError unless it can be given to workspaces."""
    inner = inner_path(root, path, key)
    if git.run(root, "ls-files", "--", f":(top,literal){inner}"):
        raise AtlasError(f"{key}: {inner} is in every commit, so it is in every workspace already")
    return inner


def _proposals(root: str, settings: Settings) -> list[Result]:
    """What the files of the repository suggest for what was not set."""
    found = []
    names = set(os.listdir(root))
    because = [(next(f for f in files if f in names), command) for files, command in _SETUPS if names & set(files)]
    if because and settings["workspace_setup"] is None:
        value = " && ".join(command for _, command in because)
        found.append({"key": "workspace.setup", "values": [value], "because": [file for file, _ in because]})
    secret = sorted(name for name in names if name == ".env" or name.startswith(".env."))
    ignored = [name for name in secret if git.run(root, "check-ignore", "--", name, codes=(0, 1))]
    if ignored and not settings["workspace_link"]:
        found.append({"key": "workspace.link", "values": ignored, "because": ignored})
    return found
