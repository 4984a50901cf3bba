"""Assign, with the documented script's code and no workspace, the next module to be given; for `commands`.

With a single module, that is taken back and given to the other of two agents, which costs a little more.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from atlas.cli.main import main

counter = Path("../counter")
number = int(counter.read_text()) if counter.exists() else 0
counter.write_text(str(number + 1))
if os.environ["ATLAS_BENCH_MODULES"] == "1":
    sys.exit(main("reassign", ["m0", "--to", f"implementer-{number % 2 + 1}", "--no-workspace"]))
sys.exit(main("assign", [f"m{number}", "implementer-1", "--no-workspace"]))
