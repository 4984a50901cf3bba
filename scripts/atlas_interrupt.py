#!/usr/bin/env python3
"""`atlas interrupt`: stop an AI agent before its next tool call with a word."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from atlas.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main("interrupt"))
