"""Measurements, each a ratio to a baseline of the same run, printed by `make bench` beside the mark to be reached."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
