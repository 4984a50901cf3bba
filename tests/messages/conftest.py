"""A stand-in for AI Maestro that listens, and projects that are linked to it."""

from tests.kit.linked import context, linked, quick, registered, server, started

__all__ = ["context", "linked", "quick", "registered", "server", "started"]
