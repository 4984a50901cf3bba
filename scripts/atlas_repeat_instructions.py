#!/usr/bin/env python3
"""`atlas repeat`: repeat a task in your own words, as its agent."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("repeat"))
