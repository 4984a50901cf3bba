#!/usr/bin/env python3
"""`atlas pause`: lift the gates for a while, as the person."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("pause"))
