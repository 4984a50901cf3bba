"""The documented scripts: one door a verb, which finds the package beside it and makes one call."""

from __future__ import annotations

from atlas.core.verbs import VERBS

_DOOR = '''\
#!/usr/bin/env python3
"""`atlas {name}`: {summary}."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("{name}"))
'''


def generated() -> dict[str, str]:
    """A script for every row of the table of verbs."""
    return {
        f"scripts/{row.script}": _DOOR.format(name=row.name, summary=row.summary.rstrip(".")) for row in VERBS.values()
    }
