"""What belongs into a workspace, as the records have it in one snapshot."""

from __future__ import annotations

from typing import Any, NamedTuple

from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import checks
from atlas.core.paths import Project
from atlas.core.records.kinds import MODULE
from atlas.core.records.workspace import Workspace
from atlas.core.rules import client_settings
from atlas.services.project.settings import check_limits, current_settings

from . import tools_script
from .context_file import worker_context


class Equipment(NamedTuple):
    """Files to link and to copy, the set-up command, what the worker is told, and the rules for its client.

    `limits` are the set-up command's, `given_back` the variables that checks get although they look like credentials.
    """

    linked: list[str]
    copied: list[str]
    set_up: str | None
    briefing: dict[str, Any]
    rules: dict[str, Any]
    limits: checks.Limits
    given_back: list[str]

    def says_the_same(self, other: Equipment) -> bool:
        """Whether nothing but the time of the briefing differs."""
        return self == other._replace(briefing={**other.briefing, "at": self.briefing["at"]})


def gather_equipment(tx: Transaction, project: Project, record: Workspace) -> Equipment:
    """The equipment of a workspace, as its module and the settings are now."""
    module, settings = tx.get(MODULE, record["module"] or ""), current_settings(tx)
    commands = module["checks"] if module else []
    return Equipment(
        settings["workspace_link"],
        settings["workspace_copy"],
        settings["workspace_setup"],
        worker_context(tx, project, record),
        client_settings.worker_settings(commands, settings["workspace_setup"], tools_script.script_path(project)),
        check_limits(settings, settings["workspace_setup_seconds"]),
        settings["checks_env"],
    )
