#!/usr/bin/env python3
"""`atlas check-agents`: ask every AI agent that is due how it stands."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("check-agents"))
