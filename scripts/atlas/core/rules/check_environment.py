"""Stub."""


def checks_environment(environ, given_back):
    """Stub."""
    return dict(environ)
