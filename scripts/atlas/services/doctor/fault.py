"""What a fault of a workspace is: what is wrong, and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from atlas.core.results.doctor import Finding
from atlas.services.project.context import Context

Level = Callable[[str, str, str], Finding]


class Fault(NamedTuple):
    """Something that is not as the records say, and how it is mended: `fix` is given a context."""

    level: Level
    what: str
    mend: str
    fix: Callable[[Context], None]
