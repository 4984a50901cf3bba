"""What a call would write: a path, perhaps with parts that only a shell can know, and links followed."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


UNKNOWN, ANY, DEEP = "\ufdd0", "\ufdd1", "\ufdd2"
"""In what a shell is told: what only it can know, a pattern, whatever may lie below a folder. No text has these."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/full", "/dev/stdin", "/dev/stdout", "/dev/stderr")
_DESCRIPTORS = ("/dev/fd/", "/proc/self/fd/")
_MOST = 2000
"""Files of one command that are looked at."""


class Unclear(ValueError):
    """What a call does cannot be told at a reasonable cost; the text says why."""


class Target:
    """Something that is written: its path, absolute but with links in it, and whether it is taken away as a whole."""

    __slots__ = ("path", "removed")

    def __init__(self, path: str, removed: bool = False) -> None:
        self.path, self.removed = path, removed


def resolve_targets(targets: Iterable[Target]) -> Iterator[Target]:
    """The same targets with links followed, each once, without devices. What is taken away may itself be a link.

    Raises Unclear when there are too many.
    """
    seen = set()
    for target in targets:
        key = (target.path, target.removed)
        if key not in seen and not _is_device(target.path):
            seen.add(key)
            if len(seen) > _MOST:
                raise Unclear(f"a command that writes more than {_MOST} files names too many of them to be looked at")
            yield Target(_resolve_target(target), target.removed)


def resolve_folder(path: str) -> str:
    """A folder's path with links followed, as far as that is possible."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return os.path.normpath(path)


def _resolve_target(target: Target) -> str:
    at = first_mark(target.path)
    if at is not None:
        folder, slash, rest = target.path[:at].rpartition("/")
        return f"{resolve_folder(folder or '/').rstrip('/')}{slash}{rest}{target.path[at:]}"
    if not target.removed:
        return resolve_folder(target.path)
    above, name = os.path.split(target.path.rstrip("/"))
    if name in ("", ".", ".."):
        return resolve_folder(target.path)
    return os.path.join(resolve_folder(above), name)


def _is_device(path: str) -> bool:
    return path.startswith(("/dev/", "/proc/")) and (path in _DEVICES or path.startswith(_DESCRIPTORS))


def first_mark(path: str) -> int | None:
    """Where in a path the first part stands that only a shell can know, or None."""
    found = [at for at in (path.find(ANY), path.find(DEEP)) if at >= 0]
    return min(found) if found else None
