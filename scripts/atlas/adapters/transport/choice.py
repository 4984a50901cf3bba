"""Which transport a project uses, chosen by an address."""

from __future__ import annotations

import os

from atlas.core.errors import AtlasError
from atlas.core.text import is_visible

from .transport import Transport

VARIABLE = "AIMAESTRO_API"
"""Names AI Maestro's address in the environment."""


_LONGEST = 200


def choose_transport(url: str | None) -> Transport:
    """AI Maestro at that address, or the built-in one when there is none. Raises AtlasError for a wrong address."""
    if url is None:
        from .builtin import BuiltIn

        return BuiltIn()
    from .maestro import Maestro

    return Maestro(url)


def configured_address(setting: str | None) -> str | None:
    """AI Maestro's address: the environment's, else the project's own. Raises AtlasError when it is no address."""
    value = os.environ.get(VARIABLE, "").strip()
    return parse_base_url(value, VARIABLE) if value else setting


def parse_base_url(text: str, what: str) -> str:
    """The address in its simplest form. Raises AtlasError, naming `what`, unless it is one of an HTTP server."""
    from urllib.parse import urlsplit

    shown = f"{what}: {text[:80]!r}"
    if len(text) > _LONGEST or not all(map(is_visible, text)) or " " in text:
        raise AtlasError(f"{shown} is no address: give one like http://localhost:23000")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AtlasError(f"{shown} is no address: give one like http://localhost:23000") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise AtlasError(f"{shown} is no address: give one like http://localhost:23000")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AtlasError(f"{what}: an address has no user name, password, query or fragment in it")
    return text.rstrip("/")
