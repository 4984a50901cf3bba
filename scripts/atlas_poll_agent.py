#!/usr/bin/env python3
"""`atlas poll`: ask one AI agent how it stands, or note its answer."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("poll"))
