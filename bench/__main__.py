"""Run every measurement, or those named as arguments; exit code 1 when one misses its mark."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import commands, conflicts, contention, gates, interrupts, life, proofs, waiting

ROOT = Path(__file__).resolve().parent.parent
MEASUREMENTS = {
    "commands": commands.measure,
    "contention": contention.measure,
    "interrupts": interrupts.measure,
    "conflicts": conflicts.measure,
    "gates": gates.measure,
    "waiting": waiting.measure,
    "proofs": proofs.measure,
    "life": life.measure,
}


def main(names: list[str]) -> int:
    """Measure and print; returns the exit code."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.pop("CLAUDE_CODE_SESSION_ID", None)
    subprocess.run([sys.executable, ROOT / "scripts" / "atlas_env.py", "--wait"], check=True)
    missed = 0
    for name in names or MEASUREMENTS:
        with tempfile.TemporaryDirectory(prefix="atlas-bench-") as folder:
            for figure in MEASUREMENTS[name](Path(folder)):
                print(figure, flush=True)
                missed += not figure.reached
    return min(missed, 1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
