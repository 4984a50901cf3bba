"""Files that are made from others: each module here makes some, by a function `generated()`.

`generated()` returns the text of each file by its path from the repository's root. `make generate` writes them, and a
test fails when one of them is stale.
"""

import sys
from pathlib import Path

_SCRIPTS = str(Path(__file__).resolve().parents[2] / "scripts")
if _SCRIPTS not in sys.path:  # the package itself is read, whoever starts this
    sys.path.insert(0, _SCRIPTS)
