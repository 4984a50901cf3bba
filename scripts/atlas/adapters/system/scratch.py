"""The temporary folder of a check, which is found again by the check's mark."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile


def make_scratch(mark: str) -> str:
    """Make a temporary folder, and return its path, which is short: sockets are made there."""
    return tempfile.mkdtemp(prefix=_prefix(mark))


def remove_left(mark: str) -> None:
    """Remove the folders that killed processes left."""
    folder, prefix = tempfile.gettempdir(), _prefix(mark)
    names: list[str] = []
    with contextlib.suppress(OSError):  # this user may not look into it
        names = os.listdir(folder)
    for name in names:
        if name.startswith(prefix):
            remove_scratch(os.path.join(folder, name))


def _prefix(mark: str) -> str:
    return f"atlas-{hashlib.sha256(os.fsencode(mark)).hexdigest()[:12]}-"


def remove_scratch(path: str) -> None:
    """Remove a folder of this user's with all that is in it, or what a check has put in its place."""
    with contextlib.suppress(OSError):
        about = os.lstat(path)
        if about.st_uid != os.getuid():
            return
        if not stat.S_ISDIR(about.st_mode):
            os.unlink(path)
            return
        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            _allow_removal(path)
            shutil.rmtree(path, ignore_errors=True)


def _allow_removal(path: str) -> None:
    """Take back the right to change the folders below a path, and itself."""
    os.chmod(path, 0o700)
    for folder, names, _ in os.walk(path):
        for name in names:
            inner = os.path.join(folder, name)
            if not os.path.islink(inner):
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)
