"""Running the project's set-up command in a workspace."""

from __future__ import annotations

from typing import Any

from atlas.adapters.system import checks
from atlas.core.errors import AtlasError
from atlas.core.paths import Project
from atlas.core.records.workspace import SetUp, Workspace
from atlas.services.project.workspace_paths import workspace_folder

from .equipment import Equipment


class SetUpFailed(AtlasError):
    """The project's set-up command did not succeed; `set_up` is how it ran."""

    def __init__(self, ran: SetUp) -> None:
        how = (
            "was stopped at its limit of time or output"
            if ran["exit_code"] is None
            else f"ended with code {ran['exit_code']}"
        )
        last = (ran["output_tail"].strip().splitlines() or ["no output"])[-1]
        super().__init__(f"the set-up command {ran['command'][:200]!r} {how}: {last[:300]}")
        self.set_up = ran


def run_set_up(project: Project, record: Workspace, kit: Equipment) -> SetUp | None:
    """Run the set-up command, if the project has one. Raises SetUpFailed."""
    if kit.set_up is None:
        return None
    ran: Any = checks.run_check(kit.set_up, workspace_folder(project, record), kit.set_up_seconds)
    del ran["output_sha256"], ran["stopped"]
    if ran["exit_code"] != 0:
        raise SetUpFailed(ran)
    result: SetUp = ran
    return result
