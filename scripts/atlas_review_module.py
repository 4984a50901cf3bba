#!/usr/bin/env python3
"""`atlas review`: review what another made of a module, on its checked commit."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("review"))
