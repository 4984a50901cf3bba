#!/usr/bin/env python3
"""`atlas receipts`: write and check what merge commits say of proofs, in any clone."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("receipts"))
