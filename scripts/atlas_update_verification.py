#!/usr/bin/env python3
"""`atlas update`: change the instructions of an agent at work, step by step."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("update"))
