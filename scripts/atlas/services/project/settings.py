"""What the project wants done its own way, and what its own files suggest."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from atlas.adapters.git import git
from atlas.adapters.system.checks import Limits
from atlas.adapters.transport import choice
from atlas.core.clock import current_time
from atlas.core.errors import AtlasError
from atlas.core.paths import inner_path
from atlas.core.records.kinds import SETTINGS
from atlas.core.records.team import Settings, default_settings
from atlas.core.rules import verdicts
from atlas.core.rules.outcomes import read_quarantine
from atlas.core.text import name_known
from atlas.core.verbs import form_of_setting

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.results.project import Proposal, SettingsResult, SettingValue
    from atlas.core.rules.roles import Actor

    from .context import Context

FIELDS = {
    "workspace.setup": "workspace_setup",
    "workspace.setup-seconds": "workspace_setup_seconds",
    "workspace.link": "workspace_link",
    "workspace.copy": "workspace_copy",
    "poll.minutes": "poll_minutes",
    "poll.blocked-minutes": "poll_blocked_minutes",
    "poll.answer-minutes": "poll_answer_minutes",
    "reassign.wait-seconds": "reassign_wait_seconds",
    "transport.url": "transport_url",
    "review.rounds": "review_rounds",
    "checks.seconds": "checks_seconds",
    "checks.output-mb": "checks_output_mb",
    "checks.disk-mb": "checks_disk_mb",
    "checks.env": "checks_env",
    "checks.quarantine": "checks_quarantine",
}
_DEFAULTS = default_settings()
_GATE = "gate."
GATES = {f"{_GATE}{rule}": rule for rule in verdicts.RULES}
"""The settings that choose what the rules of the guard come to, and their rules."""
_NUMBERS = {
    "workspace.setup-seconds": ("seconds", 1, 86_400),
    "poll.minutes": ("minutes", 1, 1440),
    "poll.blocked-minutes": ("minutes", 1, 1440),
    "poll.answer-minutes": ("minutes", 1, 1440),
    "reassign.wait-seconds": ("seconds", 0, 3600),
    "review.rounds": ("reviews", 0, 10),
    "checks.seconds": ("seconds", 1, 86_400),
    "checks.output-mb": ("megabytes", 1, 10_000),
    "checks.disk-mb": ("megabytes", 1, 1_000_000),
}
"""For each setting that is a number: of what, from where to where."""
SETUPS = (
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


def current_settings(tx: Transaction) -> Settings:
    """The settings, or what holds where nothing was set."""
    stored: Any = tx.only(SETTINGS) or {}
    settings: Any = {**_DEFAULTS, **stored}  # one that an older version wrote lacks fields
    return cast("Settings", settings)


def check_limits(settings: Settings, seconds: float | None = None) -> Limits:
    """What a check may take; `seconds` stands in the place of its own time limit."""
    if seconds is None:
        seconds = settings["checks_seconds"]
    return Limits(seconds, settings["checks_output_mb"], settings["checks_disk_mb"])


def show_settings(context: Context) -> SettingsResult:
    """All settings, and proposals for those that were not set."""
    settings = context.read("settings", lambda tx, actor: current_settings(tx))
    return _settings_result(settings, changed=False, proposals=_propose_settings(context.project.root, settings))


def change_setting(context: Context, key: str, values: Sequence[str]) -> SettingsResult:
    """Give a setting its value, or with no `values` the one that holds where nothing was set.

    What the guard does, and what runs in workspaces or is put into them, is for a person to choose. Raises AtlasError
    when there is no such setting, or the value is not one of its.
    """
    if key not in FIELDS and key not in GATES:
        keys = (*FIELDS, *GATES)
        raise AtlasError(f"there is no setting {key[:80]!r}: {name_known(key, keys, most=len(keys))}")
    if key in GATES:
        return _choose_verdict(context, key, values)
    value = _parse_value(context.project.root, key, values)

    def run(tx: Transaction, actor: Actor) -> SettingsResult:
        before = current_settings(tx)
        after = tx.patch(SETTINGS, before, **{FIELDS[key]: value})
        _emit_changed(tx, key, values, before != after)
        return _settings_result(after, changed=before != after)

    return context.transact(form_of_setting(key), run)


def _choose_verdict(context: Context, key: str, values: Sequence[str]) -> SettingsResult:
    """Choose what a rule of the guard comes to."""
    if values and (len(values) > 1 or values[0] not in verdicts.VERDICTS):
        given = " ".join(values)
        raise AtlasError(f"{key} cannot be {given[:40]!r}: {name_known(given, verdicts.VERDICTS)}")

    def run(tx: Transaction, actor: Actor) -> SettingsResult:
        before = current_settings(tx)
        chosen = {**before["gates"], GATES[key]: values[0] if values else ""}
        after = tx.patch(SETTINGS, before, gates={rule: one for rule, one in chosen.items() if one})
        _emit_changed(tx, key, values, before != after)
        return _settings_result(after, changed=before != after)

    return context.transact(form_of_setting(key), run)


def _emit_changed(tx: Transaction, key: str, values: Sequence[str], changed: bool) -> None:
    if changed:
        tx.emit("SettingChanged", setting=key, text=" ".join(values) or "as if never set")


def _settings_result(settings: Settings, changed: bool, proposals: Sequence[Proposal] = ()) -> SettingsResult:
    named, defaults = _settings_by_key(settings), _settings_by_key(_DEFAULTS)
    return {"settings": named, "defaults": defaults, "changed": changed, "proposals": list(proposals)}


def _settings_by_key(settings: Settings) -> dict[str, SettingValue]:
    fields: Any = settings
    gates = {key: verdicts.rule_verdict(rule, settings["gates"]) for key, rule in GATES.items()}
    return {**{key: fields[field] for key, field in FIELDS.items()}, **gates}


def _parse_value(root: str, key: str, values: Sequence[str]) -> Any:
    if not values:
        defaults: Any = _DEFAULTS
        return defaults[FIELDS[key]]
    if key in ("workspace.link", "workspace.copy"):
        return [_parse_file(root, value, key) for value in dict.fromkeys(values)]
    if key == "checks.env":
        return [_parse_variable(value, key) for value in dict.fromkeys(values)]
    if key == "checks.quarantine":
        return [_parse_quarantine(value) for value in dict.fromkeys(values)]
    return _parse_single(key, values)


def _parse_single(key: str, values: Sequence[str]) -> Any:
    """The value of a setting that has one."""
    if len(values) > 1:
        raise AtlasError(f"{key} has one value: quote it, e.g. atlas settings {key} 'npm ci'")
    if key == "workspace.setup":
        if not values[0].strip():
            raise AtlasError(f"{key} is empty: give a command, or take it away with --unset")
        return values[0].strip()
    if key == "transport.url":
        return choice.parse_base_url(values[0].strip(), key)
    unit, least, most = _NUMBERS[key]
    if not re.fullmatch("[0-9]{1,7}", values[0]) or not least <= int(values[0]) <= most:
        raise AtlasError(f"{key} is a number of {unit} from {least} to {most}, not {values[0][:40]!r}")
    return int(values[0])


def _parse_file(root: str, path: str, key: str) -> str:
    """The path, put simply. Raises AtlasError unless it can be given to workspaces."""
    inner = inner_path(root, path, key)
    if git.run_git(root, "ls-files", "--", f":(top,literal){inner}"):
        raise AtlasError(f"{key}: {inner} is in every commit, so it is in every workspace already")
    return inner


def _parse_variable(name: str, key: str) -> str:
    """The name. Raises AtlasError when no variable can have it."""
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,199}", name):
        raise AtlasError(f"{key} has names of variables, e.g. NPM_TOKEN, not {name[:40]!r}")
    return name


def _parse_quarantine(entry: str) -> str:
    """The entry, put simply. Raises AtlasError when it is none, or over already."""
    found = read_quarantine(entry)
    if found.is_over(current_time()):
        raise AtlasError(f"checks.quarantine: {found.until} has passed: give {found.owner} a day that is to come")
    return f"{found.owner} {found.until} {found.command}"


def _propose_settings(root: str, settings: Settings) -> list[Proposal]:
    """What the files of the repository suggest for what was not set."""
    found: list[Proposal] = []
    names = set(os.listdir(root))
    because = [(next(f for f in files if f in names), command) for files, command in SETUPS if names & set(files)]
    if because and settings["workspace_setup"] is None:
        value = " && ".join(command for _, command in because)
        found.append({"key": "workspace.setup", "values": [value], "because": [file for file, _ in because]})
    secret = sorted(name for name in names if name == ".env" or name.startswith(".env."))
    ignored = [name for name in secret if git.run_git(root, "check-ignore", "--", name, codes=(0, 1))]
    if ignored and not settings["workspace_link"]:
        found.append({"key": "workspace.link", "values": ignored, "because": ignored})
    return found
