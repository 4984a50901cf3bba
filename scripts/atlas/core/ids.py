"""Identifiers: slugs `^[a-z0-9][a-z0-9-]{0,63}$`, safe as file, branch and record names."""

from __future__ import annotations

import re
import unicodedata
import zlib

from .errors import AtlasError

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LONGEST_SLUG = 64


def is_slug(text: str) -> bool:
    """Whether `text` is an identifier as it stands."""
    return SLUG.fullmatch(text) is not None


def make_slug(name: str) -> str:
    """The identifier of a Unicode name, the same for the same name, never empty.

    Letters that have no Latin form, and whatever does not fit into 64 characters, are replaced by a checksum
    of the whole name, so that different names keep different identifiers.
    Raises AtlasError when the name is blank.
    """
    text = " ".join(name.split())
    if not text:
        raise AtlasError("the name is empty: give a name with at least one visible character")
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in folded if not unicodedata.combining(c))
    latin = re.sub(r"[^a-z0-9]+", "-", kept).strip("-")
    if latin and len(latin) <= LONGEST_SLUG and not _loses_letters(kept):
        return latin
    return _add_checksum(latin, text)


def _add_checksum(latin: str, text: str) -> str:
    """What fits of `latin`, and a checksum of the whole text."""
    mark = f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"
    return f"{latin[: LONGEST_SLUG - 9].rstrip('-') or 'x'}-{mark}"


def _loses_letters(text: str) -> bool:
    return any(not c.isascii() and unicodedata.category(c)[0] in "LN" for c in text)


def require_slug(text: str, what: str) -> str:
    """`text` itself. Raises AtlasError, naming `what`, when it is not an identifier."""
    if not is_slug(text):
        raise AtlasError(f"{what} {text[:80]!r} is not an identifier: use a-z, 0-9 and '-', at most 64 characters")
    return text


def session_key(session: str) -> str:
    """The record key of a client's session id, which may be any text; different ids have different keys."""
    return session if is_slug(session) else _add_checksum(make_slug(session), session)


def sha256_hex(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal digits."""
    import hashlib  # loads OpenSSL, which takes longer than most commands need it for

    return hashlib.sha256(text.encode()).hexdigest()
