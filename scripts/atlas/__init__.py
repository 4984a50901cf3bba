"""ATLAS: one lead, many agents, each module given to exactly one of them."""

VERSION = "0.1.0"
