"""A team, and what it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.caller import equip
from tests.kit.team import Team, make_team


@pytest.fixture
def team(repo: Path) -> Team:
    return make_team(repo)


@pytest.fixture(params=["plugin", "workspace"])
def kind(request: pytest.FixtureRequest, team: Team) -> str:
    """Whose hooks run in the workspace of `api`: the plugin's, or its own."""
    equip(team.workspace("api"))
    return str(request.param)
