#!/usr/bin/env python3
"""`atlas verify-instructions`: confirm that an agent has understood its task, and authorise it."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("verify-instructions"))
