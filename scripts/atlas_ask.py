#!/usr/bin/env python3
"""`atlas ask`: ask what is unclear about a module, as its agent."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("ask"))
