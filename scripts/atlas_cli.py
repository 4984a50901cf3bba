#!/usr/bin/env python3
"""`atlas VERB …`: the one name behind which every verb stands."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import atlas

if __name__ == "__main__":
    raise SystemExit(atlas())
