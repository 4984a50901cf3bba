"""A team, whose lead and agents have sessions."""

from tests.kit.teams import team

__all__ = ["team"]
