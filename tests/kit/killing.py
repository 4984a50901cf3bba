"""Hooks that are killed at one step after another, see killer.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.support import PACE, PYTHON, ROOT

MOST_STEPS = 300


class Killer:
    """The environment of hooks that are killed at one step after another."""

    def __init__(self, folder: Path) -> None:
        self._over = folder / "over"
        self._path = folder / "killing"
        self._path.mkdir()
        (self._path / "python3").write_text(
            f'#!/bin/sh\nexec "{PYTHON}" -I -S "{ROOT}/tests/kit/killer.py" "$@"\n', encoding="utf-8"
        )
        (self._path / "python3").chmod(0o755)

    def steps(self) -> Iterator[dict[str, str]]:
        """Environments, each for a later step (for the next one in longer runs), until the hook comes to its end."""
        for step in range(0, MOST_STEPS, PACE):
            if self._over.exists():
                assert step > 10, "nothing was killed"
                return
            path = f"{self._path}:/usr/bin:/bin"
            yield {"PATH": path, "ATLAS_KILL_AT": str(step), "ATLAS_KILL_OVER": str(self._over)}
        raise AssertionError(f"the hook did not end in {MOST_STEPS} steps")
