"""Running the project's set-up command in a workspace."""

from __future__ import annotations

import os

from atlas.adapters.system import checks
from atlas.core.errors import AtlasError
from atlas.core.letters.proof import stop_text
from atlas.core.paths import Project
from atlas.core.records.workspace import SetUp, Workspace
from atlas.core.rules.check_environment import checks_environment
from atlas.services.project.workspace_paths import workspace_folder

from .equipment import Equipment


class SetUpFailed(AtlasError):
    """The project's set-up command did not succeed; `set_up` is how it ran, `stopped` why it was stopped."""

    def __init__(self, ran: SetUp, stopped: str | None) -> None:
        how = stop_text(stopped) if stopped else f"ended with code {ran['exit_code']}"
        last = (ran["output_tail"].strip().splitlines() or ["no output"])[-1]
        super().__init__(f"the set-up command {ran['command'][:200]!r} {how}: {last[:300]}")
        self.set_up = ran


def run_set_up(project: Project, record: Workspace, kit: Equipment) -> SetUp | None:
    """Run the set-up command, if the project has one. Raises SetUpFailed."""
    if kit.set_up is None:
        return None
    folder = workspace_folder(project, record)
    # A person chose this command, for a commit that nobody has worked on yet: private packages need credentials.
    environment = checks_environment(os.environ, given_back=os.environ)
    ran = checks.run_check(kit.set_up, folder, kit.limits, environment, folder)
    result: SetUp = {
        "command": ran["command"],
        "exit_code": ran["exit_code"],
        "seconds": ran["seconds"],
        "output_tail": ran["output_tail"],
    }
    if ran["exit_code"] != 0:
        raise SetUpFailed(result, ran["stopped"])
    return result
