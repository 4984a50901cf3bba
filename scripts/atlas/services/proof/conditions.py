"""Under which conditions checks run: limits, environment, set-up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.system.checks import Limits
from atlas.core.rules.check_environment import checks_environment
from atlas.services.project.settings import current_settings

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction


class Conditions(NamedTuple):
    """What checks run under: their limits and environment, the set-up before them; `fresh`: no earlier result counts."""

    limits: Limits
    environment: dict[str, str]
    set_up: str | None
    set_up_seconds: float
    fresh: bool


def read_conditions(tx: Transaction, seconds: float | None, fresh: bool) -> Conditions:
    """The conditions that the settings say; `seconds`, if given, is the time of each check in this run."""
    settings = {
        "checks_seconds": 600,
        "checks_output_mb": 64,
        "checks_disk_mb": 10000,
        "checks_env": [],
        **current_settings(tx),
    }
    limits = Limits(
        settings["checks_seconds"] if seconds is None else seconds,
        settings["checks_output_mb"],
        settings["checks_disk_mb"],
    )
    environment = checks_environment(os.environ, settings["checks_env"])
    return Conditions(limits, environment, settings["workspace_setup"], settings["workspace_setup_seconds"], fresh)
