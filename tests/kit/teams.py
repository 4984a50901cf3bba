"""A team, whose lead and agents have sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from .team import Team, make_team


@pytest.fixture
def team(repo: Path) -> Team:
    return make_team(repo)
