"""Under which conditions checks run: limits, environment, set-up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from atlas.core.rules.check_environment import checks_environment
from atlas.services.project.settings import check_limits, current_settings

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.adapters.system.checks import Limits


class Conditions(NamedTuple):
    """What checks run under: limits, environment, the set-up before them; `fresh`: no earlier result counts.

    `quarantine` has the entries of `checks.quarantine`.
    """

    limits: Limits
    environment: dict[str, str]
    set_up: str | None
    set_up_seconds: float
    fresh: bool
    quarantine: list[str]


def read_conditions(tx: Transaction, seconds: float | None, fresh: bool) -> Conditions:
    """The conditions that the settings say; `seconds`, if given, is the time of each check in this run."""
    settings = current_settings(tx)
    environment = checks_environment(os.environ, settings["checks_env"])
    limits = check_limits(settings, seconds)
    set_up, set_up_seconds = settings["workspace_setup"], settings["workspace_setup_seconds"]
    return Conditions(limits, environment, set_up, set_up_seconds, fresh, settings["checks_quarantine"])
