#!/usr/bin/env python3
"""`atlas complete`: prove a module and land it on the integration branch."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("complete"))
