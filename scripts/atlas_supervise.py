#!/usr/bin/env python3
"""`atlas supervise`: keep an agent's session going (started by launch)."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("supervise"))
